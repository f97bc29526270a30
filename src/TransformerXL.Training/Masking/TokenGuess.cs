using System.Runtime.InteropServices;
using TransformerXL.Text;

namespace TransformerXL.Training.Masking;

/// <summary>Guesses a token by frequency: the most frequent one, or the one that follows the token before most often. A model must be better.</summary>
internal sealed class TokenGuess
{
    private const int MaxTokens = 1 << 24, Chunk = 1 << 14;
    private readonly Dictionary<int, int> _after = [];

    /// <summary>Counts the tokens and pairs of a text, of at most its first 16 million tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="separator">A token that is never guessed: it ends the lines of translations.</param>
    public TokenGuess(TokenFile text, int? separator = null)
    {
        long[] counts = new long[text.VocabularySize];
        Dictionary<long, int> pairs = [];
        int[] ids = new int[Chunk];
        long end = Math.Min(text.Count, MaxTokens);
        int previous = -1;
        for (long position = 0; position < end; position += Chunk)
        {
            Span<int> read = ids.AsSpan(0, (int)Math.Min(Chunk, end - position));
            text.Read(position, read);
            foreach (int id in read)
            {
                counts[id] += id == separator ? 0 : 1;
                if (previous >= 0 && id != separator)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(pairs, ((long)previous << 32) | (uint)id, out _)++;
                }

                previous = id;
            }
        }

        MostFrequent = Array.IndexOf(counts, counts.Max());
        Dictionary<int, int> best = [];
        // Of equally frequent ones the smallest, whatever the order of the dictionary.
        foreach ((long pair, int count) in pairs)
        {
            (int first, int second) = ((int)(pair >> 32), (int)pair);
            int max = best.GetValueOrDefault(first);
            if (count > max || (count == max && second < _after[first]))
            {
                (best[first], _after[first]) = (count, second);
            }
        }
    }

    /// <summary>The most frequent token.</summary>
    public int MostFrequent { get; }

    /// <summary>The token that follows another one most often; the most frequent one where nothing is known of that.</summary>
    public int After(int previous) => _after.GetValueOrDefault(previous, MostFrequent);
}
