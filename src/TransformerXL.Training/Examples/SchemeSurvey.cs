using System.Runtime.InteropServices;
using TransformerXL.Labels;

namespace TransformerXL.Training.Examples;

/// <summary>Finds the scheme that the tags of a file follow.</summary>
internal static class SchemeSurvey
{
    private static readonly TagScheme[] Candidates = [TagScheme.Iob2, TagScheme.Bioes, TagScheme.Iob1];

    /// <summary>
    /// The first scheme that no sentence breaks; if all are broken, the one that the tags look like, whose rules the caller then
    /// finds broken. Tags without a prefix make the tags plain, unless they are fewer than those of spans: such a tag is a mistake.
    /// </summary>
    public static TagScheme Find(IEnumerable<SentenceExample> sentences, CancellationToken cancellationToken)
    {
        bool[] broken = new bool[Candidates.Length];
        Dictionary<string, long> tags = new(StringComparer.Ordinal);
        foreach (SentenceExample sentence in sentences)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (string tag in sentence.Tags)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(tags, tag, out _)++;
            }

            for (int i = 0; i < broken.Length; i++)
            {
                broken[i] = broken[i] || TagSchemes.FirstFault(sentence.Tags, Candidates[i], out _) >= 0;
            }
        }

        TagScheme looks = TagSchemes.Detect(tags.Keys);
        looks = looks == TagScheme.Plain && HasMistakes(tags) ? TagSchemes.Detect(tags.Keys.Where(IsOfSpans)) : looks;
        int whole = Array.IndexOf(broken, false);
        return looks == TagScheme.Plain || whole < 0 ? looks : Candidates[whole];
    }

    /// <summary>Whether some tags are of no scheme while O and most others are tags of spans, in a small file as in a large one.</summary>
    private static bool HasMistakes(Dictionary<string, long> tags)
    {
        long others = tags.Where(tag => !IsOfSpans(tag.Key)).Sum(tag => tag.Value);
        return tags.ContainsKey("O") && others <= tags.Where(tag => tag.Key.Length > 1 && IsOfSpans(tag.Key)).Sum(tag => tag.Value);
    }

    private static bool IsOfSpans(string tag) => Tag.TryParse(tag) is not null;
}
