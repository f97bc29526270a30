using System.Globalization;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>The JSON objects of a file, one to a line.</summary>
internal static class JsonObjectLines
{
    private const int EscapedLength = 6, RoomForMembers = 1 << 20;
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };

    /// <summary>The objects; each is valid until the next one. Empty lines are left out.</summary>
    /// <exception cref="InputException">A line is no JSON object.</exception>
    public static IEnumerable<(ExamplePlace Place, JsonElement Object)> Read(string path, int longestText) => Read(() => CheckedTextReader.Open(path), path, longestText);

    /// <summary>The objects of an open text.</summary>
    /// <param name="open">Opens it; called when the first object is read.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="longestText">The most characters of a string.</param>
    /// <exception cref="InputException">A line is no JSON object.</exception>
    public static IEnumerable<(ExamplePlace Place, JsonElement Object)> Read(Func<CheckedTextReader> open, string path, int longestText)
    {
        int longest = (int)Math.Min(Array.MaxLength / 2, ((long)EscapedLength * longestText) + RoomForMembers);
        foreach ((long number, string line) in TextLines.Read(open, path, longest))
        {
            if (line.AsSpan().IsWhiteSpace())
            {
                continue;
            }

            ExamplePlace place = new(path, number);
            int half = FindHalfCharacter(line);
            place.At($"{half + 1}").Require(half < 0, "the escape of half a character (an unpaired surrogate) is no text; escape both halves, or write the character itself");
            using JsonDocument document = Parse(place, line);
            place.Require(document.RootElement.ValueKind == JsonValueKind.Object, $"the line is {Describe(document.RootElement)}, but must be a JSON object: names and values in braces");
            yield return (place, document.RootElement);
        }
    }

    /// <summary>A member that must be a string.</summary>
    public static string Text(ExamplePlace place, JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw place.Fault($"a string is expected, but {Describe(value)} was found");

    /// <summary>The text of a label: a string, an integer or a truth value.</summary>
    public static string LabelText(ExamplePlace place, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number when value.TryGetInt64(out long number) => number.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Number => throw place.Fault($"the label is the number {InputText.Show(value.GetRawText())}, but labels are names or integers here; to predict numbers, say that labels are numbers", "task.examples.labels", "number"),
        _ => throw place.Fault($"the label is {Describe(value)}, but must be a string, an integer, or true or false"),
    };

    /// <summary>The kind of a value, for messages.</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a truth value",
    };

    /// <summary>The names of the members, each once.</summary>
    public static string[] Names(JsonElement value) => [.. value.EnumerateObject().Select(member => member.Name).Distinct(StringComparer.Ordinal)];

    /// <summary>The items of a list.</summary>
    public static JsonElement.ArrayEnumerator Items(ExamplePlace place, JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray()
        : throw place.Fault($"a list is expected, but {Describe(value)} was found");

    /// <summary>The index of an escape of one half of a pair of surrogates without the other, which no string can hold; -1 if there is none.</summary>
    private static int FindHalfCharacter(ReadOnlySpan<char> line)
    {
        for (int i = 0; i + 1 < line.Length; i++)
        {
            if (line[i] != '\\')
            {
                continue;
            }

            int half = Escaped(line[i..]);
            bool high = half is >= 0xD800 and < 0xDC00;
            if (high ? i + 6 > line.Length || Escaped(line[(i + 6)..]) is < 0xDC00 or > 0xDFFF : half is >= 0xDC00 and <= 0xDFFF)
            {
                return i;
            }

            i += high ? 11 : 1;
        }

        return -1;
    }

    /// <summary>The value of an escape such as <c>\u00e9</c> at the beginning; -1 if there is none.</summary>
    private static int Escaped(ReadOnlySpan<char> text) =>
        text is ['\\', 'u', _, _, _, _, ..] && int.TryParse(text[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) ? value : -1;

    private static JsonDocument Parse(ExamplePlace place, string line)
    {
        try
        {
            return JsonDocument.Parse(line, s_options);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            (string? column, string what) = JsonFault.DescribeLine(line, s_options);
            throw place.At(column).Fault($"the line is not valid JSON; every line must hold one whole object: {what}", exception);
        }
    }
}
