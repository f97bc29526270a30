using System.Numerics.Tensors;

namespace TransformerXL.Inference;

/// <summary>Keeps of many vectors those whose direction is nearest to that of a query: the cosine of the angle between them, from -1 to 1.</summary>
public sealed class NearestVectors
{
    /// <summary>The lengths of vectors whose squares float32 can hold.</summary>
    private const float Smallest = 1e-15f, Largest = 1e15f;

    private readonly float[] _query;
    private readonly int _max;
    private readonly PriorityQueue<VectorMatch, (double, long)> _kept = new();

    /// <summary>Begins with none.</summary>
    /// <param name="query">The query (d).</param>
    /// <param name="max">How many are kept.</param>
    public NearestVectors(float[] query, int max)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        (_query, _max) = (query, max);
    }

    /// <summary>Compares a vector.</summary>
    /// <param name="index">What the vector is called in the result.</param>
    /// <param name="vector">The vector (d).</param>
    /// <returns>Whether it is among the nearest so far.</returns>
    /// <exception cref="ArgumentException">It has another length than the query.</exception>
    public bool Offer(long index, ReadOnlySpan<float> vector)
    {
        if (vector.Length != _query.Length)
        {
            throw new ArgumentException($"the vector has {vector.Length} numbers, but the query {_query.Length}", nameof(vector));
        }

        double cosine = Cosine(_query, vector);

        // Of equal cosines the earlier one is nearer.
        (double, long) rank = (cosine, -index);
        if (_kept.Count < _max)
        {
            _kept.Enqueue(new VectorMatch(index, cosine), rank);
            return true;
        }

        return _kept.EnqueueDequeue(new VectorMatch(index, cosine), rank).Index != index;
    }

    /// <summary>The nearest vectors, the nearest first.</summary>
    public IReadOnlyList<VectorMatch> Result() =>
        [.. _kept.UnorderedItems.Select(item => item.Element).OrderByDescending(match => match.Cosine).ThenBy(match => match.Index)];

    /// <summary>The cosine of the angle between two vectors; 0 where one is zero.</summary>
    /// <exception cref="ArgumentException">They have different lengths.</exception>
    public static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
        {
            throw new ArgumentException($"the vectors have {a.Length} and {b.Length} numbers", nameof(b));
        }

        (float first, float second) = (TensorPrimitives.Norm(a), TensorPrimitives.Norm(b));
        if (first is > Smallest and < Largest && second is > Smallest and < Largest)
        {
            return Math.Clamp(TensorPrimitives.Dot(a, b) / ((double)first * second), -1, 1);
        }

        // Squares of such values leave the range of float32.
        double dot = 0, ofA = 0, ofB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            ofA += (double)a[i] * a[i];
            ofB += (double)b[i] * b[i];
        }

        double lengths = Math.Sqrt(ofA) * Math.Sqrt(ofB);
        return lengths == 0 ? 0 : Math.Clamp(dot / lengths, -1, 1);
    }
}
