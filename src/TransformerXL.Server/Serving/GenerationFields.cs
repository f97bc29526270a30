using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TransformerXL.Files;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;

namespace TransformerXL.Server.Serving;

/// <summary>Reads how a text is written: the fields that completions and chat share.</summary>
internal static class GenerationFields
{
    /// <summary>The longest window of a repetition penalty, in tokens.</summary>
    public const int LongestWindow = 1 << 16;

    private const int MaxStops = 16, LongestStop = 1000, MaxBiases = 1024, MaxStopTokens = 256;
    private const double HighestTemperature = 100, LargestPenalty = 2, LargestBias = 100;

    /// <summary>Reads the fields into a request without a prompt.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="model">The model that answers.</param>
    /// <param name="limits">What may be asked for.</param>
    /// <param name="maxTokens">The most tokens of the answer.</param>
    public static GenerationRequest Read(JsonFields fields, ServedModel model, ServerLimits limits, long maxTokens)
    {
        _ = fields.Any("user");
        return new GenerationRequest
        {
            Prompt = Prompt.Empty,
            Sampling = ReadSampling(fields),
            PresencePenalty = fields.Real("presence_penalty", -LargestPenalty, LargestPenalty) ?? 0,
            FrequencyPenalty = fields.Real("frequency_penalty", -LargestPenalty, LargestPenalty) ?? 0,
            LogitBias = ReadBias(fields, model.Vocabulary.Count),
            MaxTokens = maxTokens,
            MinTokens = fields.Whole("min_tokens", 0, maxTokens) ?? 0,
            Seed = fields.Whole("seed", long.MinValue, long.MaxValue) is { } seed ? unchecked((ulong)seed) : RandomSeed(),
            Samples = (int)(fields.Whole("n", 1, limits.Streams) ?? 1),
            Stop = ReadStop(fields, "stop"),
            IncludesStop = fields.Flag("include_stop_str_in_output") ?? false,
            StopTokens = [.. (fields.Items("stop_token_ids", MaxStopTokens) ?? []).Select(item => TokenId(item.Value, item.Path, model.Vocabulary.Count))],
            StopsAtEndOfText = !(fields.Flag("ignore_eos") ?? false),
            Timeout = limits.RequestTime,
        };
    }

    /// <summary>A seed for a request that has none.</summary>
    public static ulong RandomSeed() => (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Strings that end the text: one, or several.</summary>
    public static IReadOnlyList<string> ReadStop(JsonFields fields, string name)
    {
        if (fields.Any(name) is not { } value)
        {
            return [];
        }

        string path = fields.PathOf(name);
        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
        {
            throw ApiException.Invalid(path, $"{path} is {JsonFields.Kind(value)}, but must be a string, or an array of strings");
        }

        (JsonElement Value, string Path)[] items = value.ValueKind == JsonValueKind.String ? [(value, path)] : [.. JsonFields.ItemsOf(value, path, MaxStops)];
        string[] stops = [.. items.Select(item => JsonFields.TextOf(item.Value, item.Path))];
        for (int i = 0; i < stops.Length; i++)
        {
            if (stops[i].Length is 0 or > LongestStop)
            {
                throw ApiException.Invalid(items[i].Path, $"{items[i].Path} has {stops[i].Length} characters, but must have from 1 to {LongestStop}");
            }
        }

        return stops;
    }

    /// <summary>The id of a token of the vocabulary.</summary>
    public static int TokenId(JsonElement value, string path, int count) => (int)JsonFields.WholeOf(value, path, 0, count - 1);

    /// <summary>Checks the length of a prompt.</summary>
    public static void CheckLength(string path, int tokens, bool isScored, ServerLimits limits)
    {
        int max = isScored ? Math.Min(limits.ScoredTokens, limits.PromptTokens) : limits.PromptTokens;
        if (tokens > max)
        {
            string what = isScored ? "a prompt whose log-probabilities are asked for" : "a prompt";
            throw new ApiException(
                StatusCodes.Status413PayloadTooLarge, ErrorTypes.Request, $"{path} has {tokens} tokens, but {what} may have at most {max}; a session reads a longer text in parts", path, "prompt_too_long");
        }
    }

    private static SamplingOptions ReadSampling(JsonFields fields)
    {
        SamplingOptions standard = new();
        return new SamplingOptions
        {
            Temperature = fields.Real("temperature", 0, HighestTemperature) ?? 1,
            TopK = (int)Math.Max(0, fields.Whole("top_k", -1, int.MaxValue) ?? 0),
            TopP = Above("top_p", fields.Real("top_p", 0, 1)) ?? 1,
            MinP = fields.Real("min_p", 0, 1) ?? 0,
            RepetitionPenalty = fields.Real("repetition_penalty", SamplingOptions.MinRepetitionPenalty, SamplingOptions.MaxRepetitionPenalty) ?? 1,
            RepetitionWindow = (int)(fields.Whole("repetition_window", 0, LongestWindow) ?? standard.RepetitionWindow),
        };
    }

    private static double? Above(string name, double? value) =>
        value is 0 ? throw ApiException.Invalid(name, $"{name} is 0, but must be above 0 and at most 1") : value;

    private static Dictionary<int, double> ReadBias(JsonFields fields, int vocabulary)
    {
        Dictionary<int, double> biases = [];
        string path = fields.PathOf("logit_bias");
        foreach ((string name, JsonElement value) in fields.Part("logit_bias")?.Members() ?? [])
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= vocabulary)
            {
                throw ApiException.Invalid(path, $"{path} names the token '{InputText.Show(name)}', but ids are from 0 to {vocabulary - 1}");
            }

            biases[id] = JsonFields.RealOf(value, $"{path}.{id}", -LargestBias, LargestBias);
            if (biases.Count > MaxBiases)
            {
                throw ApiException.Invalid(path, $"{path} has more than {MaxBiases} entries");
            }
        }

        return biases;
    }
}
