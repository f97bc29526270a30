using TransformerXL.Cli.Terminals;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Examples.Reading;

namespace TransformerXL.Cli.Commands;

/// <summary>
/// A list of texts given by the user: the lines of a text file or of standard input, or the rows of CSV, TSV and JSON lines, or the
/// files of a folder of classes.
/// </summary>
internal static class TextList
{
    private const int LongestLine = 1 << 26;
    private static readonly string[] Tables = [".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".jsonlines"];

    /// <summary>Reads the texts, one at a time; empty lines are skipped.</summary>
    /// <param name="path">The file; <c>-</c> reads standard input.</param>
    /// <param name="column">The column of the texts in a table; null to find it by the usual names.</param>
    /// <param name="terminal">The terminal with standard input.</param>
    /// <param name="stop">The user's wish to stop.</param>
    /// <exception cref="InputException">The file is invalid; the message names line and column.</exception>
    public static IEnumerable<ListedText> Read(string path, string? column, Terminal terminal, CancellationToken stop)
    {
        if (path == InputFile.StandardInput)
        {
            return Lines(path, terminal, stop);
        }

        bool table = Directory.Exists(path) || Tables.Contains(Path.GetExtension(path).ToLowerInvariant());
        if (!table && column is not null)
        {
            throw new InputException($"--text-column is '{column}', but '{path}' is read line by line; columns are those of .csv, .tsv and .jsonl files");
        }

        return table
            ? ExampleFiles.OpenTexts(path, new ExampleOptions { TextColumn = column }).Select(example => new ListedText(example.Id, example.Text, example.Place.Line, example.HasNumberedId))
            : OfLines(TextLines.Read(path, LongestLine));
    }

    private static IEnumerable<ListedText> Lines(string path, Terminal terminal, CancellationToken stop)
    {
        string name = InputFile.NameOf(path);
        return OfLines(TextLines.Read(() => new CheckedTextReader(name, InputFile.Open(path, terminal, null, stop)), name, LongestLine));
    }

    private static IEnumerable<ListedText> OfLines(IEnumerable<(long Number, string Text)> lines) =>
        lines.Where(line => !string.IsNullOrWhiteSpace(line.Text)).Select(line => new ListedText(null, line.Text, line.Number));
}
