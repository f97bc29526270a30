namespace TransformerXL.Inference.Sampling;

/// <summary>The distinct tokens among the last few, in constant memory however many were seen.</summary>
internal sealed class TokenHistory(int window, int vocabularySize)
{
    private readonly int[] _ring = new int[window];
    private readonly int[] _counts = new int[window == 0 ? 0 : vocabularySize];
    private int _next;
    private int _length;

    public void Add(int token)
    {
        if (_ring.Length == 0)
        {
            return;
        }

        if (_length == _ring.Length)
        {
            _counts[_ring[_next]]--;
        }
        else
        {
            _length++;
        }

        _ring[_next] = token;
        _counts[token]++;
        _next = (_next + 1) % _ring.Length;
    }

    public TokenHistory Copy()
    {
        TokenHistory copy = new(_ring.Length, _counts.Length) { _next = _next, _length = _length };
        _ring.CopyTo(copy._ring, 0);
        _counts.CopyTo(copy._counts, 0);
        return copy;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        _next = 0;
        _length = 0;
    }

    /// <summary>Penalises each distinct token once, however often it occurs.</summary>
    public void Penalise(Span<float> logits, double penalty)
    {
        for (int i = 0; i < _length; i++)
        {
            int token = _ring[i];
            int count = _counts[token];
            if (count > 0)
            {
                logits[token] = (float)(logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty);

                // A sign marks the token as done for this pass and loses nothing.
                _counts[token] = -count;
            }
        }

        for (int i = 0; i < _length; i++)
        {
            _counts[_ring[i]] = Math.Abs(_counts[_ring[i]]);
        }
    }
}
