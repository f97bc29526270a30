using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.OpenAi;

/// <summary>What <c>/v1/completions</c> is asked.</summary>
internal sealed record CompletionRequest
{
    private const long StandardTokens = 16;
    private const int MaxTop = 5;

    /// <summary>The prompts, at least one; without text where ids were given.</summary>
    public required IReadOnlyList<(string? Text, int[] Tokens)> Prompts { get; init; }

    /// <summary>How each is continued; without a prompt.</summary>
    public required GenerationRequest Generation { get; init; }

    public required bool Echo { get; init; }

    /// <summary>Whether the client has chosen the seed; otherwise each prompt gets one of its own.</summary>
    public required bool HasSeed { get; init; }

    public required StreamFields Stream { get; init; }

    /// <summary>Reads a request.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="model">The model that answers.</param>
    /// <param name="limits">What may be asked for.</param>
    /// <param name="inSession">Whether a session goes on, so that the prompt may be left out.</param>
    public static CompletionRequest Read(JsonFields fields, ServedModel model, ServerLimits limits, bool inSession)
    {
        Refuse(fields);
        bool echo = fields.Flag("echo") ?? false;
        int? top = (int?)fields.Whole("logprobs", 0, MaxTop);
        long max = fields.Whole("max_tokens", 0, limits.Tokens) ?? Math.Min(StandardTokens, limits.Tokens);
        CompletionRequest request = new()
        {
            Prompts = ReadPrompts(fields, model, limits, inSession),
            Generation = GenerationFields.Read(fields, model, limits, max) with
            {
                TopLogProbabilities = top,
                ScoresPrompt = echo && top is not null,
            },
            Echo = echo,
            HasSeed = fields.Any("seed") is not null,
            Stream = StreamFields.Read(fields),
        };
        for (int i = 0; i < request.Prompts.Count; i++)
        {
            GenerationFields.CheckLength(request.Prompts.Count == 1 ? "prompt" : $"prompt[{i}]", request.Prompts[i].Tokens.Length, request.Generation.ScoresPrompt, limits);
        }

        return request;
    }

    /// <summary>How each prompt is continued.</summary>
    /// <param name="operation">The name in metrics and traces.</param>
    public IReadOnlyList<GenerationRequest> Requests(string operation) => [.. Prompts.Select(prompt => Generation with
    {
        Prompt = Prompt.Of(prompt.Tokens),
        Operation = operation,
        Seed = HasSeed ? Generation.Seed : GenerationFields.RandomSeed(),
    })];

    private static void Refuse(JsonFields fields)
    {
        if (fields.Text("suffix") is { Length: > 0 })
        {
            throw ApiException.Unsupported("suffix", "suffix is not supported: this model reads from left to right");
        }

        if (fields.Whole("best_of", 1, int.MaxValue) is > 1)
        {
            throw ApiException.Unsupported("best_of", "best_of above 1 is not supported; ask for n continuations with logprobs and choose");
        }
    }

    private static IReadOnlyList<(string? Text, int[] Tokens)> ReadPrompts(JsonFields fields, ServedModel model, ServerLimits limits, bool inSession)
    {
        if (fields.Any("prompt") is not { } prompt)
        {
            return inSession ? [("", [])] : throw fields.Missing("prompt");
        }

        return PromptFields.Read(prompt, "prompt", model, limits);
    }
}

/// <summary>Whether an answer comes in pieces.</summary>
/// <param name="IsOn">Whether it does.</param>
/// <param name="IncludesUsage">Whether usage is sent at the end.</param>
internal sealed record StreamFields(bool IsOn, bool IncludesUsage)
{
    public static StreamFields Read(JsonFields fields)
    {
        bool stream = fields.Flag("stream") ?? false;
        JsonFields? options = fields.Part("stream_options");
        if (options is not null && !stream)
        {
            throw ApiException.Invalid("stream_options", "stream_options is only allowed with stream");
        }

        _ = options?.Any("include_obfuscation");
        return new StreamFields(stream, options?.Flag("include_usage") ?? false);
    }
}
