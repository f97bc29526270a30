using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TransformerXL.Data;

/// <summary>The three splits of a corpus before anything of them was read.</summary>
internal sealed record CorpusPlan(SplitRange Train, SplitRange Validation, SplitRange Test)
{
    // Part of the identity: a change of the way in which text becomes ids must not meet old files.
    private const string PreparationVersion = "transformerxl-corpus-1";

    public IReadOnlyList<SplitRange> Splits => [Train, Validation, Test];

    public long Length => Train.Length + Validation.Length + Test.Length;

    public static CorpusPlan Create(CorpusOptions options, bool bytes)
    {
        if (options.Path is not null)
        {
            return Cut(TextSourceFinder.Find(options.Path, !bytes), options);
        }
        return new CorpusPlan(
            SplitRange.Whole("train", TextSourceFinder.Find(options.TrainPath!, !bytes)),
            SplitRange.Whole("validation", TextSourceFinder.Find(options.ValidationPath!, !bytes)),
            options.TestPath is null ? SplitRange.Empty("test") : SplitRange.Whole("test", TextSourceFinder.Find(options.TestPath, !bytes)));
    }

    public static CorpusPlan Cut(TextSource source, CorpusOptions options)
    {
        long validation = (long)(source.Length * options.ValidationFraction);
        long test = (long)(source.Length * options.TestFraction);
        long trainEnd = source.AlignToCharacter(source.Length - validation - test);
        long validationEnd = Math.Max(trainEnd, source.AlignToCharacter(source.Length - test));
        return new CorpusPlan(
            new SplitRange("train", source, 0, trainEnd),
            new SplitRange("validation", source, trainEnd, validationEnd),
            new SplitRange("test", source, validationEnd, source.Length));
    }

    /// <summary>SHA-256 over everything that decides the ids, as far as it can be known without reading the text.</summary>
    public string Identity(bool bytes, Vocabulary? given)
    {
        var text = new StringBuilder(PreparationVersion);
        text.Append(CultureInfo.InvariantCulture, $"\nbytes {bytes}\nvocabulary {given?.Fingerprint ?? "from the training text"}");
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
