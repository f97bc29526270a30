using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Steps of normalization as JSON objects: the <c>normalizer</c> of Hugging Face's <c>tokenizer.json</c>.</summary>
internal static class TextSteps
{
    private const int MaxSteps = 16, LongestText = 64;
    private const string What = "'normalizer'", Sequence = "Sequence";

    private static readonly string[] s_known =
        [CharacterMapStep.Name, ReplaceStep.Name, PrependStep.Name, StripStep.Name, .. UnicodeFormStep.Types, .. CharacterStep.Types];

    /// <summary>The steps of a normalizer.</summary>
    /// <exception cref="InputException">A step is damaged or not supported.</exception>
    public static IReadOnlyList<TextStep> Parse(JsonElement normalizer)
    {
        List<TextStep> steps = [];
        AddTo(steps, normalizer);
        return steps;
    }

    /// <summary>The steps of an array.</summary>
    /// <exception cref="InputException">A step is damaged or not supported.</exception>
    public static IReadOnlyList<TextStep> ParseAll(JsonElement array)
    {
        List<TextStep> steps = [];
        foreach (JsonElement step in array.EnumerateArray())
        {
            AddTo(steps, step);
        }

        return steps;
    }

    /// <summary>Writes a step as an object.</summary>
    public static void Write(TextStep step, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type", step.Type);
        step.Write(writer);
        writer.WriteEndObject();
    }

    private static void AddTo(List<TextStep> steps, JsonElement value)
    {
        if (TokenizerJsonSplits.IsOfType(value, Sequence))
        {
            JsonMembers.RequireKnown(value, What, "type", "normalizers");
            foreach (JsonElement step in JsonMembers.Array(JsonMembers.Required(value, "normalizers", What), "'normalizers'").EnumerateArray())
            {
                AddTo(steps, step);
            }

            return;
        }

        Require.That(steps.Count < MaxSteps, $"{What} has more than {MaxSteps} steps");
        if (Step(JsonMembers.Object(value, What)) is { } own)
        {
            steps.Add(own);
        }
    }

    /// <summary>A step; null for one that changes nothing.</summary>
    private static TextStep? Step(JsonElement value)
    {
        string type = JsonMembers.Text(JsonMembers.Required(value, "type", What), $"'type' of {What}"), what = $"{InputText.Show(type)} in {What}";
        switch (type)
        {
            case CharacterMapStep.Name:
                JsonMembers.RequireKnown(value, what, "type", CharacterMapStep.Map);
                return Map(value, what);
            case ReplaceStep.Name:
                JsonMembers.RequireKnown(value, what, "type", ReplaceStep.Pattern, ReplaceStep.Content);
                return Replace(value, what);
            case PrependStep.Name:
                JsonMembers.RequireKnown(value, what, "type", PrependStep.Content);
                return new PrependStep(ShortText(value, PrependStep.Content, what));
            case StripStep.Name:
                JsonMembers.RequireKnown(value, what, "type", StripStep.Left, StripStep.Right);
                return new StripStep(JsonMembers.Flag(value, StripStep.Left, what, missing: true), JsonMembers.Flag(value, StripStep.Right, what, missing: true));
            default:
                Require.That(s_known.Contains(type), $"{What} has the step {JsonMembers.Show(value)}, which is not supported; {string.Join(", ", s_known)} are");
                JsonMembers.RequireKnown(value, what, "type");
                return UnicodeFormStep.Types.Contains(type) ? new UnicodeFormStep(type) : new CharacterStep(type);
        }
    }

    private static CharacterMapStep? Map(JsonElement value, string what)
    {
        JsonElement map = JsonMembers.Required(value, CharacterMapStep.Map, what);
        if (map.ValueKind == JsonValueKind.Null || (map.ValueKind == JsonValueKind.String && map.ValueEquals("")))
        {
            return null;
        }

        byte[]? content = null;
        bool isBase64 = map.ValueKind == JsonValueKind.String && map.TryGetBytesFromBase64(out content);
        return isBase64 ? new CharacterMapStep(CharacterMap.Parse(content!)) : throw new InputException($"'{CharacterMapStep.Map}' of {what} is not base64");
    }

    private static ReplaceStep Replace(JsonElement value, string what)
    {
        JsonElement pattern = JsonMembers.Object(JsonMembers.Required(value, ReplaceStep.Pattern, what), $"'{ReplaceStep.Pattern}' of {what}");
        string inPattern = $"'{ReplaceStep.Pattern}' of {what}", content = ShortText(value, ReplaceStep.Content, what);
        JsonMembers.RequireKnown(pattern, inPattern, ReplaceStep.Literal, ReplaceStep.Regex);
        if (pattern.TryGetProperty(ReplaceStep.Regex, out JsonElement regex))
        {
            Require.That(
                regex.ValueKind == JsonValueKind.String && regex.ValueEquals(ReplaceStep.Spaces),
                $"the regular expression {JsonMembers.Show(regex)} of {inPattern} is not supported; \"{ReplaceStep.Spaces}\" is");
            return new ReplaceStep(null, content);
        }

        string literal = ShortText(pattern, ReplaceStep.Literal, inPattern);
        return literal.Length > 0 ? new ReplaceStep(literal, content) : throw new InputException($"the text of {inPattern} is empty");
    }

    private static string ShortText(JsonElement value, string name, string what)
    {
        string text = JsonMembers.Text(JsonMembers.Required(value, name, what), $"'{name}' of {what}");
        return text.Length <= LongestText ? text : throw new InputException($"'{name}' of {what} has {text.Length} characters; at most {LongestText} are accepted");
    }
}
