namespace TransformerXL.Heads;

/// <summary>
/// What the linear model over n-grams adds to the logits of texts that are read part by part, in constant memory: the sum of the rows of their different n-grams, divided by the square root of
/// their number.
/// </summary>
internal sealed class StreamedNGrams
{
    private readonly TaskHead _head;
    private readonly NGramReader[] _readers;
    private readonly double[] _sums;
    private readonly int[] _counts;
    private readonly List<NGram> _found = [];

    public StreamedNGrams(TaskHead head, int streams)
    {
        _head = head;
        _readers = [.. Enumerable.Range(0, streams).Select(_ => new NGramReader(head.Configuration))];
        (_sums, _counts) = (new double[streams * head.Configuration.Outputs], new int[streams]);
    }

    public void Clear()
    {
        Array.ForEach(_readers, reader => reader.Clear());
        Array.Clear(_sums);
        Array.Clear(_counts);
    }

    /// <summary>Reads the next tokens of a stream.</summary>
    public void Read(int stream, ReadOnlySpan<int> tokens)
    {
        int outputs = _head.Configuration.Outputs;
        Span<double> sums = _sums.AsSpan(stream * outputs, outputs);
        foreach (int token in tokens)
        {
            _found.Clear();
            _readers[stream].Read(token, _found);
            _counts[stream] += _found.Count;
            foreach (NGram found in _found)
            {
                ReadOnlySpan<float> row = _head.RowOf(found);
                for (int i = 0; i < row.Length; i++)
                {
                    sums[i] += row[i];
                }
            }
        }
    }

    /// <summary>Adds to the logits of all streams: (B, C).</summary>
    public void AddTo(Span<float> logits)
    {
        int outputs = _head.Configuration.Outputs;
        for (int i = 0; i < logits.Length; i++)
        {
            int count = _counts[i / outputs];
            logits[i] += count == 0 ? 0 : (float)(_sums[i] / Math.Sqrt(count));
        }
    }
}
