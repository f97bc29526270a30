using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Labels;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Sentences as JSON lines: words with tags, or a text with spans of characters.</summary>
internal static class SentenceJsonLines
{
    internal static readonly string[] WordNames = ["tokens", "words"];
    private static readonly string[] TagNames = ["tags", "ner_tags", "pos_tags", "labels"];
    private static readonly string[] SpanNames = ["spans", "entities"];

    /// <summary>Opens a file.</summary>
    public static ExampleSource<SentenceExample> Open(string path, ExampleOptions options)
    {
        ExamplePlace whole = new(path, 0);
        whole.Require(options.WordColumn is null, "the members of JSON have names, but the column of the words is a number", "task.examples.textColumn");
        whole.Require(options.TagColumn is null, "the members of JSON have names, but the column of the tags is a number", "task.examples.labelColumn");
        return new ExampleSource<SentenceExample>(path, ExampleFormat.JsonLines, "JSON lines", () => Read(path, options)) { LabelAdvice = Advice(options) };
    }

    private static IEnumerable<SentenceExample> Read(string path, ExampleOptions options)
    {
        foreach ((ExamplePlace place, JsonElement line) in JsonObjectLines.Read(path, options.MaxText))
        {
            SentenceExample example = Find(line, WordNames, options.TextColumn, out string wordName, out JsonElement words) && words.ValueKind == JsonValueKind.Array
                ? OfWords(place, line, place.At(wordName), words, options)
                : OfSpans(place, line, options);
            place.Require(example.IsLabelled || !options.RequiresLabels, $"the sentence has no tags; {Advice(options)}");
            yield return example;
        }
    }

    private static SentenceExample OfWords(ExamplePlace place, JsonElement line, ExamplePlace at, JsonElement list, ExampleOptions options)
    {
        string[] words = [.. JsonObjectLines.Items(at, list).Select(item => TextCheck.Text(at, JsonObjectLines.Text(at, item), options.MaxText))];
        at.Require(words.Length > 0, "the list of words is empty; leave the sentence out");
        string[] tags = !options.IgnoresLabels & Find(line, TagNames, options.LabelColumn, out string name, out JsonElement values)
            ? [.. JsonObjectLines.Items(place.At(name), values).Select(item => NonEmpty(place.At(name), JsonObjectLines.LabelText(place.At(name), item)))]
            : [];
        place.At(name).Require(
            tags.Length == 0 || tags.Length == words.Length,
            $"there {(words.Length == 1 ? "is" : "are")} {Counted.Of(words.Length, "word")}, but {Counted.Of(tags.Length, "tag")}; each word needs one. {(tags.Length < words.Length ? "Add those that are missing, such as O for a word outside every span" : "Remove those without a word, or add the words")}");
        SentenceExample sentence = new() { Place = place, Words = words, Tags = tags, StartsDocument = true, Id = TextJsonLines.Id(place, line, options.IdColumn ?? "id") };
        sentence.RequireScheme(options.Scheme ?? TagScheme.Plain);
        return sentence;
    }

    private static SentenceExample OfSpans(ExamplePlace place, JsonElement line, ExampleOptions options)
    {
        string textName = options.TextColumn ?? "text";
        place.Require(
            line.TryGetProperty(textName, out JsonElement value),
            $"the object has neither words ({Names(WordNames)}) nor a '{InputText.Show(textName)}' with {Names(SpanNames)}; its members are {TableFile.Names(JsonObjectLines.Names(line))}");
        string text = TextCheck.Text(place.At(textName), JsonObjectLines.Text(place.At(textName), value), options.MaxText);
        List<CharacterSpan> spans = !options.IgnoresLabels & Find(line, SpanNames, options.LabelColumn, out string name, out JsonElement list)
            ? [.. JsonObjectLines.Items(place.At(name), list).Select(item => CharacterSpan.Read(place.At(name), item, text))]
            : [];
        (IReadOnlyList<string> words, string[] tags) = CharacterSpan.Words(place.At(name), text, spans, options.Scheme ?? TagScheme.Iob2);
        return new SentenceExample { Place = place, Text = text, Words = words, Tags = list.ValueKind == JsonValueKind.Array ? tags : [], StartsDocument = true, Id = TextJsonLines.Id(place, line, options.IdColumn ?? "id") };
    }

    private static bool Find(JsonElement line, string[] names, string? named, out string name, out JsonElement value)
    {
        foreach (string candidate in named is null ? names : [named])
        {
            if (line.TryGetProperty(candidate, out value) && value.ValueKind != JsonValueKind.Null)
            {
                name = candidate;
                return true;
            }
        }

        (name, value) = (named ?? names[0], default);
        return false;
    }

    private static string NonEmpty(ExamplePlace place, string tag)
    {
        place.Require(tag.Length > 0, "a tag is empty; write O for a word outside every span");
        return TextCheck.Label(place, tag);
    }

    /// <summary>The members that hold tags, for messages.</summary>
    private static string Advice(ExampleOptions options) => options.LabelColumn is { } named
        ? $"the member '{InputText.Show(named)}' must hold a tag for each word, or spans of the characters of the text"
        : $"give one for each word of {Names(options.TextColumn is { } words ? [words] : WordNames)} in {Names(TagNames)}, or spans of the characters of '{InputText.Show(options.TextColumn ?? "text")}' in {Names(SpanNames)}";

    private static string Names(string[] names) => string.Join(" or ", names.Select(name => $"'{name}'"));
}
