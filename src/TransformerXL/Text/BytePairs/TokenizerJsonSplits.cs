using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs.Splitting;

namespace TransformerXL.Text.BytePairs;

/// <summary>The part of <c>tokenizer.json</c> that defines how text is split before the merges.</summary>
internal static class TokenizerJsonSplits
{
    private const string ByteLevel = "ByteLevel", Sequence = "Sequence";
    private const string What = "'pre_tokenizer'";
    private const string Supported = "ByteLevel is supported, alone or after Split, Digits and Punctuation";

    /// <summary>Maximum number of steps; common files have at most five.</summary>
    private const int MaxSteps = 16;

    /// <summary>Equivalent spellings of GPT-2's pattern.</summary>
    private static readonly string[] s_gpt2 =
    [
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    ];

    /// <summary>Returns the rules of a pre-tokenizer whose last step is ByteLevel.</summary>
    /// <exception cref="InputException">It splits in a way that is not supported.</exception>
    public static BytePairRules Parse(JsonElement value)
    {
        List<JsonElement> steps = [];
        Flatten(value, steps);
        if (steps.Count == 0 || !IsOfType(steps[^1], ByteLevel))
        {
            throw new InputException($"{What} {(steps.Count == 0 ? "is empty" : $"ends with {JsonMembers.Show(steps[^1])}")}, which is not supported; {Supported}");
        }
        List<string> patterns = [.. steps.SkipLast(1).Select(ParseStep)];
        bool addsPrefixSpace = ParseByteLevel(steps[^1], patterns);
        bool isGpt2 = patterns is [var only] && s_gpt2.Contains(only);
        return new BytePairRules { AddsPrefixSpace = addsPrefixSpace, Splits = isGpt2 ? [] : [.. patterns.Select(SplitPattern.Parse)] };
    }

    public static bool IsOfType(JsonElement value, string type) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out JsonElement name) && name.ValueKind == JsonValueKind.String && name.ValueEquals(type);

    public static void Write(Utf8JsonWriter writer, BytePairRules rules)
    {
        if (rules.Splits.Count == 0)
        {
            writer.WritePropertyName("pre_tokenizer");
            WriteByteLevel(writer, rules.AddsPrefixSpace, usesRegex: true);
            return;
        }
        writer.WriteStartObject("pre_tokenizer");
        writer.WriteString("type", Sequence);
        writer.WriteStartArray("pretokenizers");
        foreach (SplitPattern pattern in rules.Splits)
        {
            writer.WriteStartObject();
            writer.WriteString("type", "Split");
            writer.WriteStartObject("pattern");
            writer.WriteString("Regex", pattern.Text);
            writer.WriteEndObject();
            writer.WriteString("behavior", "Isolated");
            writer.WriteBoolean("invert", false);
            writer.WriteEndObject();
        }
        WriteByteLevel(writer, rules.AddsPrefixSpace, usesRegex: false);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void WriteByteLevel(Utf8JsonWriter writer, bool addPrefixSpace, bool usesRegex)
    {
        writer.WriteStartObject();
        writer.WriteString("type", ByteLevel);
        writer.WriteBoolean("add_prefix_space", addPrefixSpace);
        writer.WriteBoolean("trim_offsets", true);
        writer.WriteBoolean("use_regex", usesRegex);
        writer.WriteEndObject();
    }

    private static void Flatten(JsonElement value, List<JsonElement> steps)
    {
        if (!IsOfType(value, Sequence))
        {
            steps.Add(value);
            return;
        }
        JsonMembers.RequireKnown(value, What, "type", "pretokenizers");
        foreach (JsonElement step in JsonMembers.Array(JsonMembers.Required(value, "pretokenizers", What), "'pretokenizers'").EnumerateArray())
        {
            Flatten(step, steps);
            if (steps.Count > MaxSteps)
            {
                throw new InputException($"{What} has more than {MaxSteps} steps");
            }
        }
    }

    /// <summary>The pattern of a step whose pieces are the matches and the text between them.</summary>
    private static string ParseStep(JsonElement step)
    {
        if (IsOfType(step, "Split"))
        {
            return ParseSplit(step);
        }
        if (IsOfType(step, "Digits"))
        {
            const string what = "Digits in 'pre_tokenizer'";
            JsonMembers.RequireKnown(step, what, "type", "individual_digits");
            return JsonMembers.Flag(step, "individual_digits", what, missing: false) ? @"\p{N}" : @"\p{N}+";
        }
        if (IsOfType(step, "Punctuation"))
        {
            const string what = "Punctuation in 'pre_tokenizer'", characters = @"[!-/:-@\[-`{-~\p{P}]";
            JsonMembers.RequireKnown(step, what, "type", "behavior");
            string behavior = step.TryGetProperty("behavior", out JsonElement value) ? JsonMembers.Text(value, $"'behavior' of {what}") : "Isolated";
            return behavior == "Isolated" ? characters
                : behavior == "Contiguous" ? characters + "+"
                : throw new InputException($"'behavior' of {what} is '{InputText.Show(behavior)}', which is not supported; Isolated and Contiguous are");
        }
        throw new InputException($"{What} has the step {JsonMembers.Show(step)}, which is not supported; {Supported}");
    }

    private static string ParseSplit(JsonElement split)
    {
        const string what = "Split in 'pre_tokenizer'";
        JsonMembers.RequireKnown(split, what, "type", "pattern", "behavior", "invert");
        JsonElement pattern = JsonMembers.Object(JsonMembers.Required(split, "pattern", what), $"'pattern' of {what}");
        JsonMembers.RequireKnown(pattern, $"'pattern' of {what}", "Regex", "String");
        bool isLiteral = pattern.TryGetProperty("String", out JsonElement literal);
        string text = isLiteral
            ? SplitPattern.Escape(JsonMembers.Text(literal, $"'String' of {what}"))
            : JsonMembers.Text(JsonMembers.Required(pattern, "Regex", $"'pattern' of {what}"), $"'Regex' of {what}");
        string behavior = JsonMembers.Text(JsonMembers.Required(split, "behavior", what), $"'behavior' of {what}");
        bool invert = JsonMembers.Flag(split, "invert", what, missing: false);
        // If every character is matched, dropping the text between matches has no effect.
        bool isSupported = behavior == "Isolated" || (behavior == "Removed" && invert && SplitPattern.Parse(text).CoversAll);
        return isSupported
            ? text
            : throw new InputException($"'behavior' of {what} is '{InputText.Show(behavior)}' with 'invert' {(invert ? "true" : "false")}, which is not supported; 'Isolated' is");
    }

    /// <summary>Adds GPT-2's pattern if ByteLevel splits too; returns <c>add_prefix_space</c>.</summary>
    private static bool ParseByteLevel(JsonElement value, List<string> patterns)
    {
        const string what = "ByteLevel in 'pre_tokenizer'";
        JsonMembers.RequireKnown(value, what, "type", "add_prefix_space", "trim_offsets", "use_regex");
        JsonMembers.Flag(value, "trim_offsets", what, missing: true);
        bool addsPrefixSpace = JsonMembers.Flag(value, "add_prefix_space", what, missing: true);
        if (addsPrefixSpace && patterns.Count > 0)
        {
            throw new InputException($"'add_prefix_space' of {what} after {patterns.Count} other step(s) is true, which is not supported: every piece would get a space");
        }
        if (JsonMembers.Flag(value, "use_regex", what, missing: true))
        {
            patterns.Add(s_gpt2[0]);
        }
        else if (patterns.Count == 0)
        {
            throw new InputException($"'use_regex' of {what} is false, which is not supported without a Split before it: the text would be one word");
        }
        return addsPrefixSpace;
    }
}
