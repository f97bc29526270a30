using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Labels;
using TransformerXL.Text;

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
        if (from < 0 || to <= from)
        {
            throw place.Fault($"a span of '{InputText.Show(name)}' is from {first} to {last}, but must lie in the text of {Counted.Of(CodePoints.Count(text), "character")} and not be empty");
        }

        return new CharacterSpan(from, to, TextCheck.Label(place, name));
    }

    /// <summary>The words of a text, divided as for a prediction whatever its spans are, with their tags.</summary>
    public static (IReadOnlyList<string> Words, string[] Tags) Words(ExamplePlace place, string text, List<CharacterSpan> spans, TagScheme scheme)
    {
        spans.Sort((a, b) => a.Start.CompareTo(b.Start));
        LabellerInput input = LabellerInput.Of(text, wholeWords: []);
        List<TagSpan> tagged = [];
        (int done, int word) = (0, 0);
        foreach (CharacterSpan span in spans)
        {
            if (span.Start < done)
            {
                CodePointPlaces places = new(text);
                throw place.Fault($"two spans overlap: '{InputText.Show(span.Label)}' begins at character {places.Of(span.Start)}, but the span before ends at {places.Of(done)}; spans must not overlap");
            }

            while (word < input.Words.Count && EndOf(input, word) <= span.Start)
            {
                word++;
            }

            int first = word;
            while (word < input.Words.Count && input.Starts[word] < span.End)
            {
                word++;
            }

            place.Require(word > first, $"a span of '{InputText.Show(span.Label)}' holds white space only");
            RequireWholeWords(place, input, span, first, word - 1);
            tagged.Add(new TagSpan(span.Label, first, word));
            done = span.End;
        }

        return (input.Words, TagSchemes.Write(tagged, input.Words.Count, scheme == TagScheme.Plain ? TagScheme.Iob2 : scheme));
    }

    private static void RequireWholeWords(ExamplePlace place, LabellerInput input, CharacterSpan span, int first, int last)
    {
        (int start, int end) = (Math.Min(span.Start, input.Starts[first]), Math.Max(span.End, EndOf(input, last)));
        if (start == span.Start && end == span.End)
        {
            return;
        }

        int cut = start < span.Start ? first : last;
        CodePointPlaces places = new(input.Text);
        throw place.Fault(
            $"the span {places.Of(span.Start)}..{places.Of(span.End)} of '{InputText.Show(span.Label)}' cuts the word '{InputText.Show(input.Words[cut])}', and a prediction labels whole words; widen the span to {places.Of(start)}..{places.Of(end)}, or correct it");
    }

    private static int EndOf(LabellerInput input, int word) => input.Starts[word] + input.Words[word].Length;

    private static JsonElement Member(ExamplePlace place, JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) ? value : throw place.Fault($"a span has no '{name}'; it needs start, end and label");

    private static int Offset(ExamplePlace place, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int offset) && offset >= 0
        ? offset
        : throw place.Fault($"the offset {InputText.Show(value.GetRawText())} of a span is no whole number from 0 on");
}
