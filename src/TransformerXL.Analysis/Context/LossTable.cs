namespace TransformerXL.Analysis.Context;

/// <summary>The losses l(c, t) = -ln P(x_t | the c tokens before it) of a model in nats, for some context lengths c at the same positions t.</summary>
public sealed class LossTable
{
    private readonly float[] _losses;

    /// <summary>Makes a table.</summary>
    /// <param name="name">The model.</param>
    /// <param name="lengths">The context lengths in tokens, ascending.</param>
    /// <param name="positions">Number of positions.</param>
    /// <param name="losses">(lengths, positions).</param>
    /// <exception cref="ArgumentException">The sizes do not match, or the lengths do not ascend.</exception>
    public LossTable(string name, IReadOnlyList<int> lengths, int positions, ReadOnlySpan<float> losses)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(lengths);
        if (lengths.Count == 0 || positions < 1 || losses.Length != (long)lengths.Count * positions)
        {
            throw new ArgumentException($"{losses.Length} losses do not fill {lengths.Count} context lengths at {positions} positions", nameof(losses));
        }

        if (lengths.Zip(lengths.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new ArgumentException($"context lengths {string.Join(", ", lengths)} do not ascend", nameof(lengths));
        }

        (Name, Lengths, Positions, _losses) = (name, lengths, positions, losses.ToArray());
    }

    /// <summary>The model.</summary>
    public string Name { get; }

    /// <summary>The context lengths in tokens, ascending.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>Number of positions.</summary>
    public int Positions { get; }

    /// <summary>The losses at all positions with the context length of an index.</summary>
    public ReadOnlySpan<float> At(int index) => _losses.AsSpan(index * Positions, Positions);

    /// <summary>The mean loss with each context length, in nats.</summary>
    public IReadOnlyList<double> MeanLosses() => [.. Enumerable.Range(0, Lengths.Count).Select(MeanLoss)];

    private double MeanLoss(int index)
    {
        double sum = 0;
        foreach (float loss in At(index))
        {
            sum += loss;
        }

        return sum / Positions;
    }
}
