using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>The three splits of a corpus before they are read.</summary>
internal sealed record CorpusPlan(SplitRange Train, SplitRange Validation, SplitRange Test)
{
    // Part of the identity: after a change of the encoding, old token files must not be used.
    private const string PreparationVersion = "transformerxl-corpus-2";

    public IReadOnlyList<SplitRange> Splits => [Train, Validation, Test];

    /// <summary>Entries of the folders that are not part of the text.</summary>
    public LeftOutEntries LeftOut { get; init; } = new();

    /// <summary>Whether each line is followed by its translation, so that lines are encoded one by one.</summary>
    public bool HasPairs { get; init; }

    public long Length => Train.Length + Validation.Length + Test.Length;

    public static CorpusPlan Create(CorpusOptions options, VocabularyChoice vocabulary)
    {
        LeftOutEntries leftOut = new();
        TextRules rules = TextRules.For(vocabulary);
        if (options.Path is not null)
        {
            return Cut(Find(options.Path), options, vocabulary.HasLines) with { LeftOut = leftOut };
        }
        SplitRange train = SplitRange.Whole("train", Find(options.TrainPath!)), validation = SplitRange.Whole("validation", Find(options.ValidationPath!));
        SplitRange test = options.TestPath is null ? SplitRange.Empty("test") : SplitRange.Whole("test", Find(options.TestPath));
        return new CorpusPlan(train, validation, test) { LeftOut = leftOut };

        TextSource Find(string path) => TextSourceFinder.Find(path, rules, leftOut);
    }

    public static CorpusPlan Cut(TextSource source, CorpusOptions options, bool betweenLines)
    {
        long validation = (long)(source.Length * options.ValidationFraction);
        long test = (long)(source.Length * options.TestFraction);
        long trainEnd = Align(source.Length - validation - test);
        long validationEnd = Math.Max(trainEnd, Align(source.Length - test));
        return new CorpusPlan(
            new SplitRange("train", source, 0, trainEnd),
            new SplitRange("validation", source, trainEnd, validationEnd),
            new SplitRange("test", source, validationEnd, source.Length));

        long Align(long position) => betweenLines ? source.AlignToLine(position) : source.AlignToCharacter(position);
    }

    /// <summary>SHA-256 over everything that determines the ids and is known without reading the text.</summary>
    public string Identity(VocabularyChoice vocabulary)
    {
        var text = new StringBuilder(PreparationVersion);
        text.Append(CultureInfo.InvariantCulture, $"\nbytes {vocabulary.AcceptsAnyBytes}\n{vocabulary.Identity}");
        text.Append(HasPairs ? "\npairs" : "");
        foreach (SplitRange split in Splits)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nsplit {split.Start} {split.End}");
            foreach (SourcePart part in split.Source?.Parts ?? [])
            {
                text.Append(CultureInfo.InvariantCulture, $"\n{part.Skip} {part.Length} {part.Modified} {Path.GetFullPath(part.Name)}");
            }
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
