using System.Text.Json;
using TransformerXL.Heads;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Examples.Reading;

namespace TransformerXL.Cli.Predictions;

/// <summary>Reads what is to be predicted for, one item after the other.</summary>
/// <param name="name">The file in messages.</param>
/// <param name="kind">What the model predicts.</param>
/// <param name="options">How the examples of the training were read.</param>
internal sealed class PredictionInput(string name, HeadKind kind, ExampleOptions options)
{
    public const string Lines = "lines", Document = "document", Json = "jsonl", Examples = "examples";

    private const int MaxLine = 1 << 28;

    /// <summary>Every character may be an escape of six.</summary>
    private const int MaxText = MaxLine / 6;

    /// <summary>The lines of a text; empty ones are left out.</summary>
    public IEnumerable<PredictionItem> OfLines(Stream text)
    {
        TransformerXL.Require.That(kind != HeadKind.Spans, $"'{name}' has lines of text, but this model answers questions; give JSON lines with the members question and context, or SQuAD's JSON");
        foreach ((long line, string content) in Read(text))
        {
            if (!string.IsNullOrWhiteSpace(content))
            {
                yield return new PredictionItem(line) { Text = content };
            }
        }
    }

    /// <summary>Objects, one to a line, with the members text and text2, words, or question and context; id is passed on.</summary>
    public IEnumerable<PredictionItem> OfJson(Stream text)
    {
        foreach ((ExamplePlace place, JsonElement root) in JsonObjectLines.Read(() => new CheckedTextReader(name, text), name, MaxText))
        {
            yield return Parse(place.Line, root);
        }
    }

    /// <summary>Examples in a format that trainings read; their labels are not looked at.</summary>
    public IEnumerable<PredictionItem> OfExamples(string path) => kind switch
    {
        HeadKind.Tags when Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase) => throw new InputException($"'{path}' is a CSV table, but this model labels the words of sentences; give one sentence on a line (--input {Lines}), JSON lines, or columns of words"),
        HeadKind.Tags => ExampleFiles.OpenSentences(path, options).Select(example => new PredictionItem(example.Place.Line) { Id = example.Id, Text = example.Text ?? "", Words = example.Text is null ? example.Words : null }),
        HeadKind.Spans => ExampleFiles.OpenQuestions(path, options).Select(example => new PredictionItem(example.Place.Line) { Id = example.Id, Question = example.Question, Text = example.Context }),
        _ => ExampleFiles.OpenTexts(path, options).Select(example => new PredictionItem(example.Place.Line) { Id = example.Id, HasNumberedId = example.HasNumberedId, Text = example.Text, Second = example.SecondText }),
    };

    private PredictionItem Parse(long line, JsonElement root)
    {
        try
        {
            PredictionItem item = new(line) { Id = Text(root, "id"), HasNumberedId = root.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.Number };
            return kind switch
            {
                HeadKind.Spans => item with { Question = Need(root, line, "question"), Text = Need(root, line, "context") },
                HeadKind.Tags when WordsOf(root) is { } words => item with { Words = [.. words.EnumerateArray().Select(word => Word(word, line))] },
                HeadKind.Tags => item with { Text = Need(root, line, options.TextColumn ?? "text") },
                _ => OfTexts(root, item),
            };
        }
        catch (InvalidOperationException exception)
        {
            throw new InputException($"'{name}', line {line}: this is no object with the members that this model needs ({Members()})", exception);
        }
    }

    /// <summary>The texts in the members that a training reads them from.</summary>
    private PredictionItem OfTexts(JsonElement root, PredictionItem item)
    {
        string[] members = JsonObjectLines.Names(root);
        if (options.TextColumn is null && !ColumnNames.HasText(members))
        {
            return ColumnNames.HalfOfPair(members) is (var present, var missing)
                ? throw new InputException($"'{name}', line {item.Line}: the member '{missing}' is missing beside '{present}'")
                : item with { Text = Need(root, item.Line, "text") };
        }

        ColumnNames names = ColumnNames.Find(new ExamplePlace(name, item.Line), members, options);
        return item with { Text = Need(root, item.Line, names.Text), Second = names.Second is not null && Text(root, names.Second) is { Length: > 0 } second ? WithoutNul(second, item.Line) : null };
    }

    private string Word(JsonElement word, long line) => word.GetString() switch
    {
        null => throw new InvalidOperationException(),
        var text when string.IsNullOrWhiteSpace(text) => throw new InputException($"'{name}', line {line}: a word is empty; leave it out, or give it letters"),
        var text => WithoutNul(text, line),
    };

    private string WithoutNul(string text, long line) => TextCheck.WithoutNul(new ExamplePlace(name, line), text);

    /// <summary>The list of words of a sentence; null if the object has a text.</summary>
    private JsonElement? WordsOf(JsonElement root)
    {
        foreach (string member in options.TextColumn is { } named ? [named] : SentenceJsonLines.WordNames)
        {
            if (root.TryGetProperty(member, out JsonElement words) && words.ValueKind == JsonValueKind.Array)
            {
                return words;
            }
        }

        return null;
    }

    private string Need(JsonElement root, long line, string member) => Text(root, member) is { Length: > 0 } value
        ? WithoutNul(value, line)
        : throw new InputException($"'{name}', line {line}: the member '{member}' is missing or empty{(Members() == member ? "" : $"; this model needs {Members()}")}");

    private string Members() => kind switch
    {
        HeadKind.Spans => "question and context",
        HeadKind.Tags => options.TextColumn ?? "words or text",
        _ => options.TextColumn ?? "text, and text2 for pairs",
    };

    private static string? Text(JsonElement root, string member) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(member, out JsonElement value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null
            : null;

    private IEnumerable<(long Line, string Content)> Read(Stream stream) =>
        TextLines.Read(() => new CheckedTextReader(name, stream), name, MaxLine, $"divide the text, or read it as a whole with --input {Document}");
}
