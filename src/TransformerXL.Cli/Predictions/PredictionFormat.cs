using System.Text.Json;
using TransformerXL.Heads;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Examples.Reading;

namespace TransformerXL.Cli.Predictions;

/// <summary>Finds how an input is read unless that is given: by its name, otherwise by its beginning, so that a file of examples is not read as lines of text.</summary>
internal static class PredictionFormat
{
    private const int MaxLinesRead = 50;

    /// <summary>The form of a file or folder, or of standard input (null).</summary>
    /// <param name="path">The path; null for standard input.</param>
    /// <param name="head">What the model predicts.</param>
    /// <param name="options">How the examples of the training were read.</param>
    public static string Of(string? path, HeadConfiguration head, ExampleOptions options) => path is null
        ? head.Kind == HeadKind.Spans ? PredictionInput.Json : PredictionInput.Lines
        : Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".jsonl" or ".ndjson" or ".jsonlines" => PredictionInput.Json,
            ".csv" or ".tsv" or ".tab" or ".conll" or ".conllu" or ".json" => PredictionInput.Examples,
            _ => Directory.Exists(path) || HoldsExamples(path, head, options) ? PredictionInput.Examples : PredictionInput.Lines,
        };

    /// <summary>Whether a line is a JSON object with a member that a text or words are read from.</summary>
    public static bool IsObjectWithText(string line, ExampleOptions options)
    {
        if (!line.AsSpan().TrimStart().StartsWith("{"))
        {
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string[] members = JsonObjectLines.Names(document.RootElement);
            return options.TextColumn is { } text ? ColumnNames.Match(members, text) is not null : ColumnNames.HasText(members) || SentenceJsonLines.WordNames.Any(members.Contains);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether the beginning of a file is that of examples. A pipe, which has no length, is not read here.</summary>
    private static bool HoldsExamples(string path, HeadConfiguration head, ExampleOptions options)
    {
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            return false;
        }

        FileStart start = FileStart.Read(path);
        return head.Kind switch
        {
            HeadKind.Tags => HasTagColumn(start, head.Labels),
            HeadKind.Spans => start.FirstCharacter == '{',
            _ => GlueLayout.Find(start.FirstLine) is not null || NamesColumns(start, options),
        };
    }

    /// <summary>
    /// Whether the lines are words with a label of the model in the last column. Sentences may end with such a label as well, a full stop for instance: without
    /// tabs the lines must have equally many columns and different labels.
    /// </summary>
    private static bool HasTagColumn(FileStart start, IReadOnlyList<string> labels)
    {
        string[][] rows = [.. start.WholeLines.Where(line => !string.IsNullOrWhiteSpace(line) && !line.StartsWith('#')).Take(MaxLinesRead).Select(ConllFile.Fields)];
        string[] tags = [.. rows.Select(row => row[^1].Trim()).Distinct()];
        return rows.Length > 0 && rows[0].Length > 1 && rows.All(row => row.Length == rows[0].Length)
            && tags.All(tag => labels.Contains(tag) || tag == "O")
            && (tags.Length > 1 || start.FirstLine.Contains('\t', StringComparison.Ordinal));
    }

    /// <summary>Whether the first line names the columns of text and label, as in a table.</summary>
    private static bool NamesColumns(FileStart start, ExampleOptions options)
    {
        string[] columns = start.FirstLine.Split(start.FirstLine.Contains('\t', StringComparison.Ordinal) ? '\t' : start.Separator());
        return columns.Length > 1 && (options.TextColumn is { } text ? ColumnNames.Match(columns, text) is not null : ColumnNames.HasText(columns) && ColumnNames.HasLabel(columns));
    }
}
