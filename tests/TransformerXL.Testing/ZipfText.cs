using System.Globalization;

namespace TransformerXL.Testing;

/// <summary>
/// Text without meaning that has a large vocabulary of given size: words without meaning, drawn by Zipf's law (the word of rank
/// r with a probability in proportion to 1 / r), and among them each word once, so that none is missing. The same for the same numbers.
/// </summary>
public static class ZipfText
{
    private const int DrawnInLine = 16, NewInLine = 4;
    private const string Consonants = "bcdfghjklmnprstvwz", Vowels = "aeiou";

    /// <summary>Writes lines of twenty words: sixteen drawn, four that were not named before.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="words">Different words.</param>
    /// <param name="seed">Decides what is drawn.</param>
    public static void Write(TextWriter writer, int words, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentOutOfRangeException.ThrowIfLessThan(words, 1);
        double[] sums = new double[words];
        for (int rank = 0; rank < words; rank++)
        {
            sums[rank] = (rank == 0 ? 0 : sums[rank - 1]) + (1.0 / (rank + 1));
        }

        Random random = new(seed);
        for (int next = 0; next < words;)
        {
            for (int i = 0; i < DrawnInLine; i++)
            {
                int drawn = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
                writer.Write(Word(Math.Min(drawn < 0 ? ~drawn : drawn, words - 1)) + " ");
            }

            for (int i = 0; i < NewInLine && next < words; i++)
            {
                writer.Write(Word(next++) + " ");
            }

            writer.Write('\n');
        }
    }

    /// <summary>The word of a rank: syllables for its digits, so that frequent words are short.</summary>
    private static string Word(int rank)
    {
        int syllables = Consonants.Length * Vowels.Length;
        string word = "";
        do
        {
            word += string.Create(CultureInfo.InvariantCulture, $"{Consonants[rank % Consonants.Length]}{Vowels[rank / Consonants.Length % Vowels.Length]}");
            rank = (rank / syllables) - 1;
        }
        while (rank >= 0);
        return word;
    }
}
