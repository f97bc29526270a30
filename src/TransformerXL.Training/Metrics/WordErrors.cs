namespace TransformerXL.Training.Metrics;

/// <summary>The word error rate: words to substitute, insert and delete in a hypothesis until it is the reference, for each word of the references.</summary>
public sealed class WordErrors
{
    private const long MaxCells = 1L << 28;

    /// <summary>Words of the references.</summary>
    public long Words { get; private set; }

    /// <summary>Substitutions, insertions and deletions.</summary>
    public long Errors { get; private set; }

    /// <summary>Errors for each word of the references; 0 without words.</summary>
    public double Rate => Words == 0 ? 0 : (double)Errors / Words;

    /// <summary>Counts a hypothesis.</summary>
    /// <param name="reference">The right text; words are separated by white space.</param>
    /// <param name="hypothesis">The text to measure.</param>
    /// <exception cref="InputException">The texts are too long to be aligned.</exception>
    public void Add(string reference, string hypothesis)
    {
        ArgumentNullException.ThrowIfNull(reference);
        Words += Split(reference).Length;
        Errors += Distance(reference, hypothesis);
    }

    /// <summary>The least number of words to substitute, insert and delete (Levenshtein 1966).</summary>
    /// <exception cref="InputException">The texts are too long to be aligned.</exception>
    public static int Distance(string reference, string hypothesis)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(hypothesis);
        string[] a = Split(reference), b = Split(hypothesis);
        Require.That((long)a.Length * b.Length <= MaxCells, $"a reference of {a.Length} words and a hypothesis of {b.Length} are too long to be aligned; divide them");
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }

    private static string[] Split(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
