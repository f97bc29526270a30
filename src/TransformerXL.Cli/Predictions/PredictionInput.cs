using System.Text.Json;
using TransformerXL.Heads;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Examples.Reading;

namespace TransformerXL.Cli.Predictions;

/// <summary>Reads what is to be predicted for, one item after the other.</summary>
/// <param name="name">The file in messages.</param>
/// <param name="kind">What the model predicts.</param>
internal sealed class PredictionInput(string name, HeadKind kind)
{
    public const string Lines = "lines", Document = "document", Json = "jsonl", Examples = "examples";

    private const int MaxLine = 1 << 28;

    /// <summary>How a file is read unless that is said.</summary>
    public static string FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".jsonl" or ".ndjson" => Json,
        ".csv" or ".tsv" or ".conll" or ".json" => Examples,
        _ => Directory.Exists(path) ? Examples : Lines,
    };

    /// <summary>The lines of a text; empty ones are left out.</summary>
    public IEnumerable<PredictionItem> OfLines(Stream text)
    {
        TransformerXL.Require.That(kind != HeadKind.Spans, $"'{name}' has lines of text, but this model answers questions; give JSON lines with the members question and context");
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
        foreach ((long line, string content) in Read(text))
        {
            if (!string.IsNullOrWhiteSpace(content))
            {
                yield return Parse(line, content);
            }
        }
    }

    /// <summary>Examples in a format that trainings read; their labels are not looked at.</summary>
    public static IEnumerable<PredictionItem> OfExamples(string path, HeadKind kind, ExampleOptions options) => kind switch
    {
        HeadKind.Tags => ExampleFiles.OpenSentences(path, options).Select(example => new PredictionItem(example.Place.Line) { Id = example.Id, Words = example.Words }),
        HeadKind.Spans => ExampleFiles.OpenQuestions(path, options).Select(example => new PredictionItem(example.Place.Line) { Id = example.Id, Question = example.Question, Text = example.Context }),
        _ => ExampleFiles.OpenTexts(path, options).Select(example => new PredictionItem(example.Place.Line) { Id = example.Id, Text = example.Text, Second = example.SecondText }),
    };

    private PredictionItem Parse(long line, string content)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            PredictionItem item = new(line) { Id = Text(root, "id"), Second = Text(root, "text2") };
            return kind switch
            {
                HeadKind.Spans => item with { Question = Need(root, line, "question"), Text = Need(root, line, "context") },
                HeadKind.Tags when root.TryGetProperty("words", out JsonElement words) => item with { Words = [.. words.EnumerateArray().Select(word => word.GetString() ?? throw new InvalidOperationException())] },
                _ => item with { Text = Need(root, line, "text") },
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InputException($"'{name}', line {line}: this is no JSON object with the members that this model needs ({Members()})", exception);
        }
    }

    private string Need(JsonElement root, long line, string member) => Text(root, member) is { Length: > 0 } value
        ? value
        : throw new InputException($"'{name}', line {line}: the member '{member}' is missing or empty; this model needs {Members()}");

    private string Members() => kind switch
    {
        HeadKind.Spans => "question and context",
        HeadKind.Tags => "words or text",
        _ => "text, and text2 for pairs",
    };

    private static string? Text(JsonElement root, string member) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(member, out JsonElement value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null
            : null;

    private IEnumerable<(long Line, string Content)> Read(Stream stream) =>
        TextLines.Read(() => new CheckedTextReader(name, stream), name, MaxLine, $"divide the text, or read it as a whole with --input {Document}");
}
