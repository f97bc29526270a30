using TransformerXL.Files;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Examples.Reading;

namespace TransformerXL.Training.Examples;

/// <summary>
/// Opens files of labelled examples. The format is the one that the options name, or else is found by the name and the beginning of the file.
/// </summary>
public static class ExampleFiles
{
    private static readonly string[] Tables = [".csv", ".tsv", ".tab"];
    private static readonly string[] Lines = [".jsonl", ".ndjson", ".jsonlines"];
    private static readonly string[] ValidationNames = ["valid", "validation", "dev", "dev_matched", "val"];

    /// <summary>Texts with labels: CSV, TSV, JSON lines, a folder for each class, or a file of GLUE.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="InputException">It cannot be read, its format is not known, or a column is missing.</exception>
    public static ExampleSource<TextExample> OpenTexts(string path, ExampleOptions options)
    {
        Check(path, options);
        ExampleFormat format = options.Format ?? (Directory.Exists(path) ? ExampleFormat.Folders : TextFormat(path));
        return format switch
        {
            ExampleFormat.Csv or ExampleFormat.Tsv or ExampleFormat.Glue => TextTable.Open(path, format, options),
            ExampleFormat.JsonLines => TextJsonLines.Open(path, options),
            ExampleFormat.Folders => ClassFolders.Open(path, options),
            _ => throw Unfit(path, format, "texts with labels", "CSV, TSV, JSON lines, a folder for each class, or GLUE"),
        };
    }

    /// <summary>Sentences with tags: CoNLL columns or JSON lines.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="InputException">It cannot be read, or its format is not known.</exception>
    public static ExampleSource<SentenceExample> OpenSentences(string path, ExampleOptions options)
    {
        Check(path, options);
        ExampleFormat format = options.Format ?? SentenceFormat(path);
        return format switch
        {
            ExampleFormat.Conll => ConllFile.Open(path, options),
            ExampleFormat.JsonLines => SentenceJsonLines.Open(path, options),
            _ => throw Unfit(path, format, "sentences with tags", "CoNLL columns or JSON lines"),
        };
    }

    /// <summary>Questions about texts: SQuAD's JSON, or JSON lines.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="InputException">It cannot be read, or its format is not known.</exception>
    public static ExampleSource<QuestionExample> OpenQuestions(string path, ExampleOptions options)
    {
        Check(path, options);
        FileStart start = FileStart.Read(path);
        ExampleFormat format = options.Format ?? (IsJsonLines(path, start) ? ExampleFormat.JsonLines : ExampleFormat.Squad);
        Require.That(options.Format is not null || start.FirstCharacter is '{' or '\0', $"'{path}' does not begin with '{{'; questions are read from SQuAD's JSON or JSON lines");
        return format switch
        {
            ExampleFormat.Squad => SquadFile.Open(path, options),
            ExampleFormat.JsonLines => QuestionJsonLines.Open(path, options),
            _ => throw Unfit(path, format, "questions", "SQuAD's JSON or JSON lines"),
        };
    }

    /// <summary>
    /// The files or folders of a data set in a folder: names that are, or end with, <c>train</c>, <c>valid</c> (validation, dev, val, dev_matched) and
    /// <c>test</c>, with any ending, such as <c>train.tsv</c> or <c>mail.train.jsonl</c>.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The files; null if the folder has no training file.</returns>
    /// <exception cref="InputException">The folder cannot be read, or two files are for the same part.</exception>
    public static ExampleSplits? FindSplits(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string[] entries;
        try
        {
            entries = Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Where(entry => !Directory.Exists(entry) || !RunFolders.IsRunOrModel(entry)).Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{folder}' cannot be read: {FileFault.Reason(exception)}", exception);
        }

        string? train = Only(folder, entries, ["train"]);
        return train is null ? null : new ExampleSplits(train, Only(folder, entries, ValidationNames), Only(folder, entries, ["test"]));
    }

    /// <summary>Whether the columns of a file of sentences have numbers, as in CoNLL files, rather than names.</summary>
    /// <inheritdoc cref="OpenSentences"/>
    internal static bool HasNumberedColumns(string path, ExampleOptions options)
    {
        Check(path, options);
        return (options.Format ?? SentenceFormat(path)) == ExampleFormat.Conll;
    }

    private static string? Only(string folder, string[] entries, string[] names)
    {
        string[] found = [.. entries.Where(entry => names.Any(name => Means(Path.GetFileName(entry), name)))];
        Require.That(found.Length <= 1, $"'{folder}' has several files for {names[0]}: {string.Join(", ", found.Select(Path.GetFileName))}; name the one that is meant");
        return found.Length == 0 ? null : found[0];
    }

    /// <summary>Whether a name is that of a part: alone, with endings, or after a dot, hyphen or underscore.</summary>
    private static bool Means(string file, string name)
    {
        string stem = file.Split('.') is [var only] ? only : file[..file.LastIndexOf('.')];
        return stem.Equals(name, StringComparison.OrdinalIgnoreCase)
            || (stem.EndsWith(name, StringComparison.OrdinalIgnoreCase) && stem[stem.Length - name.Length - 1] is '.' or '-' or '_')
            || (stem.StartsWith(name, StringComparison.OrdinalIgnoreCase) && stem[name.Length] is '-' && stem.Contains("-v", StringComparison.Ordinal));
    }

    private static void Check(string path, ExampleOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        Require.Path(path);
        options.Validate();
        Require.That(File.Exists(path) || Directory.Exists(path), $"'{path}' does not exist");
    }

    private static ExampleFormat SentenceFormat(string path)
    {
        FileStart start = FileStart.Read(path);
        if (IsJsonLines(path, start))
        {
            return ExampleFormat.JsonLines;
        }

        RequireNoJsonText(path, start);
        return ExampleFormat.Conll;
    }

    private static ExampleFormat TextFormat(string path)
    {
        FileStart start = FileStart.Read(path);
        string ending = Path.GetExtension(path).ToLowerInvariant();
        if (IsJsonLines(path, start))
        {
            return ExampleFormat.JsonLines;
        }

        RequireNoJsonText(path, start);
        if (!Tables.Contains(ending) && ConllFile.IsLike(ending, start.FirstLine))
        {
            throw new InputException($"'{path}' has a word and its label in each line, and no texts with labels; learn labels of words from it, or name the format if it is another") { Remedies = [new("task.kind", "label"), new("task.examples.format")] };
        }

        bool tabs = start.FirstLine.Contains('\t', StringComparison.Ordinal);
        if (tabs && ending is ".tsv" or ".txt" or "" && GlueLayout.Find(start.FirstLine) is not null)
        {
            return ExampleFormat.Glue;
        }

        return ending == ".csv" ? ExampleFormat.Csv
            : tabs || Tables.Contains(ending) ? ExampleFormat.Tsv
            : start.FirstLine.AsSpan().ContainsAny(',', ';') ? ExampleFormat.Csv
            : throw new InputException($"the format of '{path}' is not known: its first line has no commas and no tabs, and it is no JSON; name the format, or use CSV with the names of the columns in the first line") { Remedies = [new("task.examples.format")] };
    }

    /// <summary>Rejects JSON of another shape than lines, which would be taken for a table or for columns of words.</summary>
    private static void RequireNoJsonText(string path, FileStart start) => Require.That(
        !start.BeginsWithJsonText(Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase)),
        $"'{path}' is JSON, but not JSON lines: each example must be an object in a line of its own, without a list around all of them");

    private static bool IsJsonLines(string path, FileStart start) =>
        Lines.Contains(Path.GetExtension(path).ToLowerInvariant()) || (start.BeginsWithJsonLine && Path.GetExtension(path).ToLowerInvariant() is not (".csv" or ".tsv"));

    private static InputException Unfit(string path, ExampleFormat format, string what, string formats) =>
        new($"'{path}' cannot be read as {format}: {what} are read from {formats}");
}
