using TransformerXL.Text;

namespace TransformerXL.Training.Datasets;

/// <summary>A public data set on which language models are compared: its source, contents and vocabulary.</summary>
public sealed record KnownDataset
{
    private static readonly VocabularyOptions s_words = new() { Kind = VocabularyKind.Words };
    private static readonly VocabularyOptions s_bytes = new() { Kind = VocabularyKind.Bytes };
    private static readonly VocabularyOptions s_characters = new() { Kind = VocabularyKind.Characters };

    /// <summary>Maximum mean length of lines in bytes; all known data sets have less than half of it.</summary>
    private const int MaxBytesOfLine = 1024;

    private KnownDataset()
    {
    }

    /// <summary>All known data sets.</summary>
    public static IReadOnlyList<KnownDataset> All { get; } =
    [
        new()
        {
            Name = "enwik8",
            Title = "first 100 MB of the English Wikipedia of 2006, with its markup",
            Source = "http://mattmahoney.net/dc/textdata.html (enwik8.zip)",
            License = "text of Wikipedia: GFDL, CC BY-SA",
            Vocabulary = s_bytes,
            Splits = [new("train", 90_000_000, null), new("valid", 5_000_000, null), new("test", 5_000_000, null)],
            Layout = DatasetLayout.OneFile,
            Files = ["enwik8"],
        },
        new()
        {
            Name = "text8",
            Title = "100 MB of the same, only the letters a to z and spaces",
            Source = "http://mattmahoney.net/dc/textdata.html (text8.zip)",
            License = "text of Wikipedia: GFDL, CC BY-SA",
            Vocabulary = s_characters,
            Splits = [new("train", 90_000_000, null), new("valid", 5_000_000, null), new("test", 5_000_000, null)],
            Layout = DatasetLayout.OneFile,
            Files = ["text8"],
        },
        WikiText("wikitext-103", "good and featured articles of the English Wikipedia, 103 million words", 1_801_350, "tokens", s_words),
        WikiText("wikitext-103-raw", "the same without <unk>, to be read by characters", 1_801_350, "raw", s_characters),
        WikiText("wikitext-2", "good and featured articles of the English Wikipedia, 2 million words", 36_718, "tokens", s_words),
        WikiText("wikitext-2-raw", "the same without <unk>, to be read by characters", 36_718, "raw", s_characters),
        new()
        {
            Name = "ptb",
            Title = "Wall Street Journal of the Penn Treebank as Mikolov prepared it, 1 million words, 10,000 different",
            Source = "simple-examples.tgz of the RNNLM toolkit (ptb.train.txt, ptb.valid.txt, ptb.test.txt)",
            License = "Linguistic Data Consortium, for research",
            // As the reference implementation reads it: the number sign N becomes n.
            Vocabulary = s_words with { LowerCase = true },
            Splits = [new("train", null, 42_068), new("valid", null, 3_370), new("test", null, 3_761)],
            Layout = DatasetLayout.FileForEachSplit,
            Files = ["ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"],
        },
        new()
        {
            Name = "lm1b",
            Title = "One Billion Word: shuffled sentences of news, 0.8 billion words",
            Source = "http://www.statmt.org/lm-benchmark (1-billion-word-language-modeling-benchmark-r13output.tar.gz)",
            License = "news of WMT 2011, for research",
            // The benchmark keeps words that occur at least three times.
            Vocabulary = s_words with { AddDoubleEos = true, MinFrequency = 3 },
            Splits = [new("train", null, 30_301_028), new("valid", null, 6_206), new("test", null, 6_075)],
            Layout = DatasetLayout.Shards,
            Files = ["news.en-?????-of-00100", "news.en.heldout-00001-of-00050", "news.en.heldout-00000-of-00050"],
        },
    ];

    /// <summary>Its short name, such as <c>enwik8</c>.</summary>
    public required string Name { get; init; }

    /// <summary>A description.</summary>
    public required string Title { get; init; }

    /// <summary>The public source.</summary>
    public required string Source { get; init; }

    /// <summary>The licence.</summary>
    public required string License { get; init; }

    /// <summary>The vocabulary that it is usually read with.</summary>
    public required VocabularyOptions Vocabulary { get; init; }

    /// <summary>Training, validation and test text.</summary>
    public required IReadOnlyList<DatasetSplit> Splits { get; init; }

    /// <summary>The maximum size in bytes of its text, and so of its archive: the known size, or a bound from the known number of lines.</summary>
    internal long MaxBytes => Splits.Sum(split => split.Bytes ?? (split.Lines!.Value * MaxBytesOfLine));

    internal DatasetLayout Layout { get; init; }

    /// <summary>Names of the original files, in the order of the splits (one for all with <see cref="DatasetLayout.OneFile"/>).</summary>
    internal IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The data set with a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static KnownDataset Find(string name) =>
        All.FirstOrDefault(dataset => dataset.Name == name)
        ?? throw new InputException($"unknown data set '{name}'; the known ones are {string.Join(", ", All.Select(dataset => dataset.Name))}");

    private static KnownDataset WikiText(string name, string title, long trainLines, string ending, VocabularyOptions vocabulary) => new()
    {
        Name = name,
        Title = title,
        Source = $"archive {name}-v1.zip (wiki.train.{ending}, wiki.valid.{ending}, wiki.test.{ending})",
        License = "text of Wikipedia: CC BY-SA 3.0, GFDL",
        Vocabulary = vocabulary,
        Splits = [new("train", null, trainLines), new("valid", null, 3_760), new("test", null, 4_358)],
        Layout = DatasetLayout.FileForEachSplit,
        Files = [$"wiki.train.{ending}", $"wiki.valid.{ending}", $"wiki.test.{ending}"],
    };
}
