namespace TransformerXL.Analysis.Attention;

/// <summary>The attention of one token in all heads.</summary>
public sealed class AttentionTarget
{
    /// <summary>The share of the context that is marked (Dai et al. 2019, figure 6).</summary>
    public const double TopShare = 0.2;

    private readonly int[] _context;
    private readonly float[] _weights;
    private readonly int _heads;

    /// <param name="position">The place in the text.</param>
    /// <param name="next">The token to be predicted.</param>
    /// <param name="context">Tokens by distance, those after the token first.</param>
    /// <param name="after">Tokens after the token.</param>
    /// <param name="heads">Heads in a layer.</param>
    /// <param name="weights">(N H, distances).</param>
    internal AttentionTarget(long position, int next, int[] context, int after, int heads, float[] weights) =>
        (Position, Next, _context, After, _heads, _weights) = (position, next, context, after, heads, weights);

    /// <summary>The place of the token in the text, from 0.</summary>
    public long Position { get; }

    /// <summary>The next token, which a causal model had to predict.</summary>
    public int Next { get; }

    /// <summary>How many of <see cref="Context"/> come after the token; 0 for a causal model.</summary>
    public int After { get; }

    /// <summary>The visible tokens by distance: those after the token, the farthest first, then the token itself and those before it.</summary>
    public ReadOnlySpan<int> Context => _context;

    /// <summary>The attention of a head to each of <see cref="Context"/>.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    public ReadOnlySpan<float> Weights(int layer, int head) => _weights.AsSpan(((layer * _heads) + head) * _context.Length, _context.Length);

    /// <summary>Which of <see cref="Context"/> are among the fifth with the highest attention; at least one.</summary>
    /// <inheritdoc cref="Weights" path="/param"/>
    public bool[] Top(int layer, int head)
    {
        float[] weights = Weights(layer, head).ToArray();
        bool[] top = new bool[weights.Length];
        int[] order = [.. Enumerable.Range(0, weights.Length).OrderByDescending(distance => weights[distance])];
        foreach (int distance in order.AsSpan(0, (int)Math.Ceiling(TopShare * weights.Length)))
        {
            top[distance] = true;
        }

        return top;
    }
}
