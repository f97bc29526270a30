using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TransformerXL.Inference;
using TransformerXL.Server.Http;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>POST /v1/sessions/ID/attention</c>: what each head attends to when the session reads a token. The session does not change.</summary>
internal sealed class AttentionRoutes(ServerServices services)
{
    /// <summary>Longer texts are read first: other requests wait while these tokens are read.</summary>
    private const int MaxTokens = 64;

    public async Task AttendAsync(HttpContext context)
    {
        (ServedModel model, var info) = await services.Models.FindSessionAsync(context, RouteValues.Text(context, "id")).ConfigureAwait(false);
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        int[] tokens = Tokens(fields, model);
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        AttentionAnswer answer = await services.InTimeAsync(context, stop => model.Conversations.InspectAsync(
            RequestScope.Of(context).Owner, info.Id, session => AttentionAnswer.Of(info.Id, Attend(session, tokens, model), model), stop)).ConfigureAwait(false);
        RequestScope.Of(context).PromptTokens = tokens.Length;
        await Answers.WriteAsync(context, answer, ServerJson.Plain.AttentionAnswer).ConfigureAwait(false);
    }

    private int[] Tokens(JsonFields fields, ServedModel model)
    {
        JsonElement prompt = fields.Any("prompt") ?? throw fields.Missing("prompt");
        IReadOnlyList<(string? Text, int[] Tokens)> texts = PromptFields.Read(prompt, "prompt", model, services.Options.Limits);
        int[] tokens = texts.Count == 1 ? texts[0].Tokens : throw ApiException.Invalid("prompt", $"prompt holds {texts.Count} texts, but must be one");
        if (tokens.Length is 0 or > MaxTokens)
        {
            throw ApiException.Invalid("prompt", $"prompt has {tokens.Length} tokens, but must have from 1 to {MaxTokens}; the last one is looked at, and a longer text is read into the session before");
        }

        return model.Kind == "transformer-xl" ? tokens : throw ApiException.Unsupported("model", $"the model is of the kind {model.Kind}; attention is shown for a transformer-xl only");
    }

    private static TokenAttention Attend(InferenceSession session, int[] tokens, ServedModel model)
    {
        foreach (int before in (int[])[.. session.Tokens == 0 ? [StartToken.Of(model.Vocabulary, model.Folder.Model)] : Array.Empty<int>(), .. tokens[..^1]])
        {
            session.Advance([before], results: 1);
        }

        return session.AdvanceWithAttention(tokens[^1]);
    }
}

/// <summary>What each head attends to.</summary>
internal sealed record AttentionAnswer
{
    private const int Digits = 5;

    public required string SessionId { get; init; }

    public string Object { get; } = "attention";

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    /// <summary>Tokens attended to; <see cref="Context"/> lacks the oldest where their ids are no longer known.</summary>
    public required int Positions { get; init; }

    /// <summary>The tokens attended to, oldest first; the last one is the token itself.</summary>
    public required IReadOnlyList<AttendedToken> Context { get; init; }

    /// <summary>By layer, head and position, oldest first; sums to 1 for each head.</summary>
    public required IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>> Weights { get; init; }

    public static AttentionAnswer Of(string session, TokenAttention attention, ServedModel model) => new()
    {
        SessionId = session,
        Layers = attention.Layers,
        Heads = attention.Heads,
        Positions = attention.Positions,
        Context = Named(attention.Context, model.Texts),
        Weights = [.. Enumerable.Range(0, attention.Layers).Select(layer => (IReadOnlyList<IReadOnlyList<double>>)
            [.. Enumerable.Range(0, attention.Heads).Select(head => Rounded(attention.Weights(layer, head)))])],
    };

    private static AttendedToken[] Named(ReadOnlySpan<int> ids, TokenTexts texts)
    {
        AttendedToken[] named = new AttendedToken[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            byte[] bytes = texts.BytesAfter(ids[i], i == 0 ? null : ids[i - 1]);
            named[i] = new AttendedToken(ids[i], texts.NameOf(ids[i], bytes), [.. bytes.Select(value => (int)value)]);
        }

        return named;
    }

    private static double[] Rounded(ReadOnlySpan<float> weights)
    {
        double[] rounded = new double[weights.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            rounded[i] = Math.Round(weights[i], Digits);
        }

        return rounded;
    }
}

/// <summary>A token that is attended to.</summary>
/// <param name="Id">The token.</param>
/// <param name="Token">Its text.</param>
/// <param name="Bytes">Its bytes in its place.</param>
internal sealed record AttendedToken(int Id, string Token, IReadOnlyList<int> Bytes);
