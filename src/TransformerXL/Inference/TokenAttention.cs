namespace TransformerXL.Inference;

/// <summary>What each head attended to when a session read a token: the tokens that it remembered, and the token itself.</summary>
public sealed class TokenAttention
{
    private readonly float[][] _weights;
    private readonly int[] _context;

    internal TokenAttention(int layers, float[][] weights, int[] context) => (Layers, Heads, _weights, _context) = (layers, weights.Length / layers, weights, context);

    /// <summary>N.</summary>
    public int Layers { get; }

    /// <summary>H: heads in a layer.</summary>
    public int Heads { get; }

    /// <summary>Tokens attended to: those remembered, and the token itself.</summary>
    public int Positions => _weights[0].Length;

    /// <summary>
    /// The ids of the tokens attended to, oldest first; the last one is the token itself. Fewer than <see cref="Positions"/> where the session no longer knows the
    /// ids of the oldest.
    /// </summary>
    public ReadOnlySpan<int> Context => _context;

    /// <summary>The attention of a head to each position, oldest first: (<see cref="Positions"/>). Sums to 1.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    public ReadOnlySpan<float> Weights(int layer, int head)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)layer, (uint)Layers, nameof(layer));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)head, (uint)Heads, nameof(head));
        return _weights[(layer * Heads) + head];
    }
}
