using System.Text.Json;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Ollama;

/// <summary>Reads the member <c>options</c> of Ollama's requests.</summary>
internal static class OllamaFields
{
    private const double StandardTemperature = 0.8, LargestPenalty = 2;

    /// <summary>Reads how a text is written.</summary>
    public static GenerationRequest Read(JsonFields fields, ServerLimits limits, string operation)
    {
        _ = fields.Any("keep_alive");
        RefuseOther(fields);
        SamplingOptions standard = new();
        JsonFields? options = fields.Part("options");
        long asked = options?.Whole("num_predict", -2, limits.Tokens) ?? Math.Min(limits.ChatTokens, limits.Tokens);
        return new GenerationRequest
        {
            Prompt = Prompt.Empty,
            Operation = operation,
            Timeout = limits.RequestTime,
            MaxTokens = asked < 0 ? limits.Tokens : asked,
            Seed = options?.Whole("seed", long.MinValue, long.MaxValue) is { } seed ? unchecked((ulong)seed) : GenerationFields.RandomSeed(),
            Stop = options is null ? [] : GenerationFields.ReadStop(options, "stop"),
            PresencePenalty = options?.Real("presence_penalty", -LargestPenalty, LargestPenalty) ?? 0,
            FrequencyPenalty = options?.Real("frequency_penalty", -LargestPenalty, LargestPenalty) ?? 0,
            Sampling = new SamplingOptions
            {
                Temperature = options?.Real("temperature", 0, 100) ?? StandardTemperature,
                TopK = (int)(options?.Whole("top_k", 0, int.MaxValue) ?? 0),
                TopP = options?.Real("top_p", 0, 1) is { } top ? Math.Max(top, double.Epsilon) : 1,
                MinP = options?.Real("min_p", 0, 1) ?? 0,
                RepetitionPenalty = options?.Real("repeat_penalty", SamplingOptions.MinRepetitionPenalty, SamplingOptions.MaxRepetitionPenalty) ?? 1,
                RepetitionWindow = options?.Whole("repeat_last_n", -1, GenerationFields.LongestWindow) is { } window ? window < 0 ? GenerationFields.LongestWindow : (int)window : standard.RepetitionWindow,
            },
        };
    }

    /// <summary>Refuses what would change the answer in a way that the model cannot.</summary>
    private static void RefuseOther(JsonFields fields)
    {
        foreach (string name in (string[])["tools", "images"])
        {
            if (fields.Any(name) is { } items && JsonFields.ItemsOf(items, name, int.MaxValue).Count > 0)
            {
                throw ApiException.Unsupported(name, $"{name} are not supported: the model reads and writes text only");
            }
        }

        if (fields.Any("format") is { } format && !(format.ValueKind == JsonValueKind.String && format.ValueEquals("")))
        {
            throw ApiException.Unsupported("format", "format is not supported: the model writes plain text only");
        }
    }
}
