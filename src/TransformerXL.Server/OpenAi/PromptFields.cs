using System.Text.Json;
using TransformerXL.Server.Http;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.OpenAi;

/// <summary>Reads texts of a request: a string, strings, ids, or lists of ids.</summary>
internal static class PromptFields
{
    /// <summary>The texts with their tokens; without text where ids were given.</summary>
    /// <param name="value">The member of the request.</param>
    /// <param name="path">Its name in messages.</param>
    /// <param name="model">The model that reads the texts.</param>
    /// <param name="limits">The limits of the server.</param>
    /// <param name="areWhole">Whether the texts are to be embedded: they end here, see <see cref="PromptEncoding.Encode"/>, and may be more than prompts.</param>
    public static IReadOnlyList<(string? Text, int[] Tokens)> Read(JsonElement value, string path, ServedModel model, ServerLimits limits, bool areWhole = false)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return [OfText(value, path, model, areWhole)];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw ApiException.Invalid(path, $"{path} is {JsonFields.Kind(value)}, but must be a string, an array of strings, of token ids, or of arrays of token ids");
        }

        int count = value.GetArrayLength();
        if (count == 0)
        {
            throw ApiException.Invalid(path, $"{path} is an empty array, but must hold at least one entry");
        }

        if (value[0].ValueKind == JsonValueKind.Number)
        {
            return [(null, Ids(value, path, model, limits))];
        }

        return [.. JsonFields.ItemsOf(value, path, areWhole ? limits.EmbeddedTexts : limits.Prompts).Select(item => item.Value.ValueKind == JsonValueKind.Array
            ? (null, Ids(item.Value, item.Path, model, limits))
            : OfText(item.Value, item.Path, model, areWhole))];
    }

    /// <summary>Token ids of the model's vocabulary.</summary>
    public static int[] Ids(JsonElement value, string path, ServedModel model, ServerLimits limits)
    {
        int vocabulary = model.Vocabulary.Count, count = value.GetArrayLength();
        if (count > limits.PromptTokens)
        {
            GenerationFields.CheckLength(path, count, false, limits);
        }

        int[] ids = new int[count];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            // The name of an entry is only made where something is wrong with it.
            ids[i] = item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && (uint)id < (uint)vocabulary
                ? id
                : GenerationFields.TokenId(item, $"{path}[{i}]", vocabulary);
            i++;
        }

        return ids;
    }

    private static (string?, int[]) OfText(JsonElement value, string path, ServedModel model, bool isWhole)
    {
        string text = JsonFields.TextOf(value, path);
        return (text, PromptEncoding.Encode(model.Vocabulary, text, isWhole));
    }
}
