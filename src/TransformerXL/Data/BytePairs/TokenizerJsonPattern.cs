using System.Text.Json;

namespace TransformerXL.Data.BytePairs;

/// <summary>The part of <c>tokenizer.json</c> that says how text is cut before the merges.</summary>
internal static class TokenizerJsonPattern
{
    private const string ByteLevel = "ByteLevel";
    private const string What = "'pre_tokenizer'";

    /// <summary>Spellings of GPT-2's pattern that match the same.</summary>
    private static readonly string[] s_patterns =
    [
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    ];

    /// <summary>Returns <c>add_prefix_space</c> of a pre-tokenizer that cuts by GPT-2's pattern.</summary>
    /// <exception cref="InputException">It cuts in another way.</exception>
    public static bool Parse(JsonElement value)
    {
        if (IsOfType(value, ByteLevel))
        {
            return ParseByteLevel(value, regex: true);
        }
        if (!IsOfType(value, "Sequence"))
        {
            throw new InputException($"{What} is {JsonMembers.Show(value)}, which is not supported; ByteLevel, and Split by GPT-2's pattern with ByteLevel, are");
        }
        JsonMembers.RequireKnown(value, What, "type", "pretokenizers");
        JsonElement steps = JsonMembers.Array(JsonMembers.Required(value, "pretokenizers", What), "'pretokenizers'");
        if (steps.GetArrayLength() == 1 && IsOfType(steps[0], ByteLevel))
        {
            return ParseByteLevel(steps[0], regex: true);
        }
        if (steps.GetArrayLength() != 2 || !IsOfType(steps[0], "Split") || !IsOfType(steps[1], ByteLevel))
        {
            throw new InputException($"{What} is the Sequence {string.Join(", ", steps.EnumerateArray().Take(4).Select(JsonMembers.Show))}, which is not supported; Split by GPT-2's pattern, then ByteLevel, is");
        }
        RequirePattern(steps[0]);
        return ParseByteLevel(steps[1], regex: false)
            ? throw new InputException("'add_prefix_space' of ByteLevel after Split is true, which is not supported: every word would get a space")
            : false;
    }

    public static bool IsOfType(JsonElement value, string type) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out JsonElement name) && name.ValueKind == JsonValueKind.String && name.ValueEquals(type);

    public static void Write(Utf8JsonWriter writer, string name, bool addPrefixSpace)
    {
        writer.WriteStartObject(name);
        writer.WriteString("type", ByteLevel);
        writer.WriteBoolean("add_prefix_space", addPrefixSpace);
        writer.WriteBoolean("trim_offsets", true);
        writer.WriteBoolean("use_regex", true);
        writer.WriteEndObject();
    }

    private static bool ParseByteLevel(JsonElement value, bool regex)
    {
        const string what = "ByteLevel in 'pre_tokenizer'";
        JsonMembers.RequireKnown(value, what, "type", "add_prefix_space", "trim_offsets", "use_regex");
        JsonMembers.Flag(value, "trim_offsets", what, missing: true);
        if (JsonMembers.Flag(value, "use_regex", what, missing: true) != regex)
        {
            throw new InputException(regex
                ? $"'use_regex' of {what} is false, which is not supported without a Split by GPT-2's pattern: the text would be one word"
                : $"'use_regex' of {what} is true, which is not supported after a Split");
        }
        return JsonMembers.Flag(value, "add_prefix_space", what, missing: true);
    }

    private static void RequirePattern(JsonElement split)
    {
        const string what = "Split in 'pre_tokenizer'";
        JsonMembers.RequireKnown(split, what, "type", "pattern", "behavior", "invert");
        JsonElement pattern = JsonMembers.Object(JsonMembers.Required(split, "pattern", what), $"'pattern' of {what}");
        JsonMembers.RequireKnown(pattern, $"'pattern' of {what}", "Regex");
        string regex = JsonMembers.Text(JsonMembers.Required(pattern, "Regex", $"'pattern' of {what}"), $"'Regex' of {what}");
        if (!s_patterns.Contains(regex))
        {
            throw new InputException($"the pattern of {what} is '{Formats.InputText.Show(regex)}', which is not supported; GPT-2's is: {s_patterns[0]}");
        }
        // The pattern matches every character, so that keeping the matches and dropping what is between them is the same.
        string behavior = JsonMembers.Text(JsonMembers.Required(split, "behavior", what), $"'behavior' of {what}");
        bool invert = JsonMembers.Flag(split, "invert", what, missing: false);
        if ((behavior, invert) is not (("Isolated", _) or ("Removed", true)))
        {
            throw new InputException($"'behavior' of {what} is '{Formats.InputText.Show(behavior)}' with 'invert' {(invert ? "true" : "false")}, which is not supported; 'Isolated' is");
        }
    }
}
