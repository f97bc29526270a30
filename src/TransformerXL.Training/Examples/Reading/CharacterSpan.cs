using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Labels;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>A labelled span of the characters of a text.</summary>
/// <param name="Start">The first character.</param>
/// <param name="End">The character after the last.</param>
/// <param name="Label">Its label.</param>
internal readonly record struct CharacterSpan(int Start, int End, string Label)
{
    /// <summary>Reads <c>{"start":0,"end":5,"label":"NAME"}</c> or <c>[0,5,"NAME"]</c>; offsets count code points.</summary>
    public static CharacterSpan Read(ExamplePlace place, JsonElement item, string text)
    {
        (JsonElement start, JsonElement end, JsonElement label) = item.ValueKind switch
        {
            JsonValueKind.Array when item.GetArrayLength() == 3 => (item[0], item[1], item[2]),
            JsonValueKind.Object => (Member(place, item, "start"), Member(place, item, "end"), Member(place, item, "label")),
            _ => throw place.Fault("a span must be an object with start, end and label, or a list of these three"),
        };
        string name = JsonObjectLines.LabelText(place, label);
        place.Require(name.Length > 0, "the label of a span is empty");
        (int first, int last) = (Offset(place, start), Offset(place, end));
        int from = CodePoints.IndexOf(text, first), to = CodePoints.IndexOf(text, last);
        place.Require(from >= 0 && to > from, $"a span of '{InputText.Show(name)}' is from {first} to {last}, but must lie in the text of {Counted.Of(CodePoints.Count(text), "character")} and not be empty");
        return new CharacterSpan(from, to, TextCheck.Label(place, name));
    }

    /// <summary>The words of a text, cut at white space and at the borders of spans, with their tags.</summary>
    public static (string[] Words, string[] Tags) Words(ExamplePlace place, string text, List<CharacterSpan> spans, TagScheme scheme)
    {
        spans.Sort((a, b) => a.Start.CompareTo(b.Start));
        List<string> words = [];
        List<TagSpan> tagged = [];
        int done = 0;
        foreach (CharacterSpan span in spans)
        {
            place.Require(span.Start >= done, $"two spans overlap: '{InputText.Show(span.Label)}' begins at character {span.Start}, but the span before ends at {done}; spans must not overlap");
            AddWords(words, text.AsSpan(done, span.Start - done));
            int first = words.Count;
            AddWords(words, text.AsSpan(span.Start, span.End - span.Start));
            place.Require(words.Count > first, $"a span of '{InputText.Show(span.Label)}' holds white space only");
            tagged.Add(new TagSpan(span.Label, first, words.Count));
            done = span.End;
        }

        AddWords(words, text.AsSpan(done));
        return ([.. words], TagSchemes.Write(tagged, words.Count, scheme == TagScheme.Plain ? TagScheme.Iob2 : scheme));
    }

    private static void AddWords(List<string> words, ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
            {
                i++;
            }

            if (i > start)
            {
                words.Add(text[start..i].ToString());
            }

            i++;
        }
    }

    private static JsonElement Member(ExamplePlace place, JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) ? value : throw place.Fault($"a span has no '{name}'; it needs start, end and label");

    private static int Offset(ExamplePlace place, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int offset) && offset >= 0
        ? offset
        : throw place.Fault($"the offset {InputText.Show(value.GetRawText())} of a span is no whole number from 0 on");
}
