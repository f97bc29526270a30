namespace TransformerXL.Tensors;

/// <summary>
/// The text that each key of an attention belongs to, such as the first and the second text of a pair. An attention can then have a score for keys of another text than the
/// query's (relative segment encoding: Yang et al. 2019, section 2.5). Query i of L has the text of key K - L + i.
/// </summary>
public sealed class KeySegments
{
    private readonly int[] _texts;
    private readonly Run[] _runs;
    private readonly int[] _firstRuns;

    /// <summary>Copies the texts.</summary>
    /// <param name="texts">(K, B): a number for the text of each key. Keys with equal numbers are of the same text.</param>
    /// <param name="streams">B.</param>
    /// <exception cref="ArgumentException">The number of keys is not a multiple of the number of streams.</exception>
    public KeySegments(ReadOnlySpan<int> texts, int streams)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(streams, 1);
        if (texts.Length % streams != 0)
        {
            throw new ArgumentException($"key segments: the number of texts is {texts.Length}, but a multiple of {streams} is needed, one for each key of each stream", nameof(texts));
        }

        (Keys, Streams, _texts, _firstRuns) = (texts.Length / streams, streams, texts.ToArray(), new int[streams + 1]);
        List<Run> runs = [];
        for (int stream = 0; stream < streams; stream++)
        {
            _firstRuns[stream] = runs.Count;
            for (int key = 0, end; key < Keys; key = end)
            {
                end = key + 1;
                while (end < Keys && TextOf(stream, end) == TextOf(stream, key))
                {
                    end++;
                }

                runs.Add(new Run(new KeyRange(key, end), TextOf(stream, key)));
            }
        }

        _firstRuns[streams] = runs.Count;
        _runs = [.. runs];
    }

    /// <summary>K.</summary>
    public int Keys { get; }

    /// <summary>B.</summary>
    public int Streams { get; }

    /// <summary>The runs of neighbouring keys of one text, in order.</summary>
    internal ReadOnlySpan<Run> RunsOf(int stream) => _runs.AsSpan(_firstRuns[stream].._firstRuns[stream + 1]);

    /// <summary>The text of a key.</summary>
    public int TextOf(int stream, int key) => _texts[(key * Streams) + stream];

    /// <summary>Neighbouring keys of one text.</summary>
    internal readonly record struct Run(KeyRange Keys, int Text)
    {
        /// <summary>The keys of the run in a range.</summary>
        public KeyRange In(KeyRange range)
        {
            int first = Math.Max(Keys.First, range.First);
            return new KeyRange(first, Math.Max(first, Math.Min(Keys.End, range.End)));
        }
    }
}
