using TransformerXL.Labels;

namespace TransformerXL.Training.Examples;

/// <summary>Finds the scheme that the tags of a file follow.</summary>
internal static class SchemeSurvey
{
    private static readonly TagScheme[] Candidates = [TagScheme.Iob2, TagScheme.Bioes, TagScheme.Iob1];

    /// <summary>
    /// The first scheme that no sentence breaks; if all are broken, the one that the tags look like, whose rules the caller then
    /// finds broken. A tag without a prefix makes the tags plain.
    /// </summary>
    public static TagScheme Find(IEnumerable<SentenceExample> sentences, CancellationToken cancellationToken)
    {
        bool[] broken = new bool[Candidates.Length];
        HashSet<string> tags = new(StringComparer.Ordinal);
        foreach (SentenceExample sentence in sentences)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tags.UnionWith(sentence.Tags);
            for (int i = 0; i < broken.Length; i++)
            {
                broken[i] = broken[i] || TagSchemes.FirstFault(sentence.Tags, Candidates[i], out _) >= 0;
            }
        }

        TagScheme looks = TagSchemes.Detect(tags);
        int whole = Array.IndexOf(broken, false);
        return looks == TagScheme.Plain || whole < 0 ? looks : Candidates[whole];
    }
}
