using System.Numerics;
using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Collectives;

/// <summary>
/// The sum of several vectors in a fixed order: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). A power of two of neighbours forms a subtree, so
/// the sum has the same bits if the members of each subtree were added elsewhere before in this order.
/// </summary>
public static class PairwiseSum
{
    /// <summary>A vector by its number.</summary>
    /// <param name="index">The number, from 0.</param>
    public delegate Span<float> VectorAt(int index);

    /// <summary>Adds vectors; the first holds the sum afterwards, and the others hold partial sums.</summary>
    /// <param name="count">The number of vectors.</param>
    /// <param name="vectors">Vectors of one length.</param>
    public static void Add(int count, VectorAt vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        for (int step = 1; step < count; step *= 2)
        {
            for (int i = 0; i + step < count; i += 2 * step)
            {
                Add(vectors(i), vectors(i + step));
            }
        }
    }

    /// <summary>Adds a vector to another, element by element.</summary>
    /// <param name="sum">Receives the sum.</param>
    /// <param name="other">The other; of the same length.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Add(Span<float> sum, ReadOnlySpan<float> other)
    {
        if (sum.Length != other.Length)
        {
            throw new ArgumentException($"vectors of {sum.Length} and {other.Length} values cannot be added", nameof(other));
        }

        Span<Vector<float>> sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        ReadOnlySpan<Vector<float>> others = MemoryMarshal.Cast<float, Vector<float>>(other);
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += others[i];
        }

        for (int i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
        {
            sum[i] += other[i];
        }
    }
}
