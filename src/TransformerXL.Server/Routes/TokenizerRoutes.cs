using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Chat;
using TransformerXL.Server.Chat;
using TransformerXL.Server.Http;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>/tokenize</c>, <c>/detokenize</c>, <c>/tokenizer_info</c>: what vLLM's and llama.cpp's servers offer.</summary>
internal sealed class TokenizerRoutes(ServerServices services)
{
    public async Task TokenizeAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        ServedModel model = services.Models.Find(context, fields);
        int[] tokens = ReadText(fields, model);
        foreach (string name in (string[])["add_special_tokens", "add_special", "parse_special", "return_token_strs", "with_pieces", "add_generation_prompt"])
        {
            _ = fields.Flag(name);
        }

        JsonBody.Finish(context, fields, services.Options.IsStrict);
        TokenList answer = new(tokens.Length, services.Options.Limits.PromptTokens, tokens, [.. tokens.Select(id => model.Texts.NameOf(id, model.Texts.BytesOf(id)))]);
        await Answers.WriteAsync(context, answer, ServerJson.Plain.TokenList).ConfigureAwait(false);
    }

    public async Task DetokenizeAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        ServedModel model = services.Models.Find(context, fields);
        JsonElement tokens = fields.Any("tokens") ?? throw fields.Missing("tokens");
        if (tokens.ValueKind != JsonValueKind.Array)
        {
            throw ApiException.Invalid("tokens", $"tokens is {JsonFields.Kind(tokens)}, but must be an array of token ids");
        }

        int[] ids = PromptFields.Ids(tokens, "tokens", model, services.Options.Limits);
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        string text = model.Vocabulary.Decode(ids);
        await Answers.WriteAsync(context, new TokenText(text, text), ServerJson.Plain.TokenText).ConfigureAwait(false);
    }

    public Task InfoAsync(HttpContext context)
    {
        string? name = context.Request.Query["model"];
        ServedModel model = string.IsNullOrEmpty(name) ? services.Models.All[0] : services.Models.Find(name) ?? throw services.Models.NotFound(name);
        Text.Vocabulary vocabulary = model.Vocabulary;
        TokenizerInfo info = new()
        {
            Model = model.Name,
            Kind = vocabulary.Kind,
            VocabularySize = vocabulary.Count,
            UnknownId = vocabulary.UnknownId,
            EndOfLineId = vocabulary.EndOfLineId,
            EndOfTextId = vocabulary.EndOfTextId,
            EosToken = vocabulary.EndOfTextId is { } end ? vocabulary.Describe(end) : null,
            AcceptsAnyBytes = vocabulary.AcceptsAnyBytes,
            Sha256 = vocabulary.Fingerprint,
            ChatTemplate = services.Options.ChatTemplate.Render([("user", "{content}")]),
        };
        return Answers.WriteAsync(context, info, ServerJson.Plain.TokenizerInfo);
    }

    private int[] ReadText(JsonFields fields, ServedModel model)
    {
        if (fields.Any("messages") is not null)
        {
            ChatTemplate template = services.Options.ChatTemplate;
            return ChatMessages.Read(fields, template).Encode(model, template, continues: false);
        }

        string text = fields.Text("prompt") ?? fields.Text("content") ?? throw fields.Missing("prompt");
        return PromptEncoding.Encode(model.Vocabulary, text);
    }
}
