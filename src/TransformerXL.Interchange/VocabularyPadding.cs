namespace TransformerXL.Interchange;

/// <summary>
/// Rows of an embedding after the vocabulary: some programs pad the table to a multiple of a power of two, which tensor cores
/// multiply faster. No text has these tokens, so they are dropped.
/// </summary>
internal static class VocabularyPadding
{
    private const int MinMultiple = 8, MaxMultiple = 1024;

    /// <summary>Whether the vocabulary padded to a multiple of 8, 16, ... or 1024 gives this number of rows.</summary>
    public static bool Explains(int vocabulary, int rows)
    {
        for (int multiple = MinMultiple; multiple <= MaxMultiple && rows % multiple == 0; multiple *= 2)
        {
            if (rows > vocabulary && rows - vocabulary < multiple)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a parameter has a row for each token of the last cluster, which contains the padding.</summary>
    public static bool Concerns(string parameter, int cutoffs, int divisor)
    {
        int last = divisor == 1 ? 0 : cutoffs;
        return parameter == $"word_emb.emb_layers.{last}.weight" || parameter == $"crit.out_layers.{last}.weight" || parameter == $"crit.out_layers.{last}.bias";
    }
}
