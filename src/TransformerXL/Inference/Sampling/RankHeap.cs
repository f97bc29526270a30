namespace TransformerXL.Inference.Sampling;

/// <summary>
/// Ranks the tokens from the highest logit down, equal ones by the lower id first, without sorting the whole
/// vocabulary: building takes V steps, and each requested rank log V more.
/// </summary>
internal sealed class RankHeap(int vocabularySize)
{
    private readonly int[] _tokens = new int[vocabularySize];
    private int _count;

    /// <summary>Whether <paramref name="a"/> is ranked before <paramref name="b"/>.</summary>
    public static bool IsBefore(ReadOnlySpan<float> logits, int a, int b) =>
        logits[a] > logits[b] || (logits[a] == logits[b] && a < b);

    public void Build(ReadOnlySpan<float> logits)
    {
        _count = _tokens.Length;
        for (int i = 0; i < _count; i++)
        {
            _tokens[i] = i;
        }

        for (int i = (_count / 2) - 1; i >= 0; i--)
        {
            Sink(logits, i);
        }
    }

    /// <summary>The token of a rank, 0 for the first; the logits must be those of <see cref="Build"/>.</summary>
    public int At(ReadOnlySpan<float> logits, int rank)
    {
        while (_tokens.Length - _count <= rank)
        {
            // Elements removed from the heap move after its end, where they can be read again.
            _count--;
            (_tokens[0], _tokens[_count]) = (_tokens[_count], _tokens[0]);
            Sink(logits, 0);
        }

        return _tokens[_tokens.Length - 1 - rank];
    }

    private void Sink(ReadOnlySpan<float> logits, int parent)
    {
        while (true)
        {
            int child = (2 * parent) + 1;
            if (child >= _count)
            {
                return;
            }

            if (child + 1 < _count && IsBefore(logits, _tokens[child + 1], _tokens[child]))
            {
                child++;
            }

            if (!IsBefore(logits, _tokens[child], _tokens[parent]))
            {
                return;
            }

            (_tokens[parent], _tokens[child]) = (_tokens[child], _tokens[parent]);
            parent = child;
        }
    }
}
