using System.Numerics.Tensors;

namespace TransformerXL.Analysis.Attention;

/// <summary>Sums over the queries of one head, by distance.</summary>
internal sealed class HeadSums(int terms, int positions)
{
    /// <summary>Attention.</summary>
    public double[] Attention { get; } = new double[positions];

    /// <summary>Scores of each term, divided by sqrt(d_h).</summary>
    public double[][] Scores { get; } = [.. Enumerable.Range(0, terms).Select(_ => new double[positions])];

    /// <summary>The softmax of each term alone.</summary>
    public double[][] Alone { get; } = [.. Enumerable.Range(0, terms).Select(_ => new double[positions])];

    /// <summary>Adds one query.</summary>
    /// <param name="scores">Its scores.</param>
    /// <param name="probabilities">Receives its attention.</param>
    /// <param name="scratch">Scratch memory of the same size.</param>
    public void Add(HeadScores scores, Span<float> probabilities, Span<float> scratch)
    {
        Softmax(scores.Whole, probabilities);
        AddTo(Attention, probabilities);
        for (int term = 0; term < Scores.Length; term++)
        {
            AddTo(Scores[term], scores.Of(term));
            Softmax(scores.Of(term), scratch);
            AddTo(Alone[term], scratch);
        }
    }

    private static void Softmax(ReadOnlySpan<float> scores, Span<float> probabilities)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max(scores), probabilities);
        TensorPrimitives.Exp(probabilities, probabilities);
        TensorPrimitives.Divide(probabilities, TensorPrimitives.Sum<float>(probabilities), probabilities);
    }

    private static void AddTo(double[] sums, ReadOnlySpan<float> values)
    {
        int count = Math.Min(sums.Length, values.Length);
        for (int i = 0; i < count; i++)
        {
            sums[i] += values[i];
        }
    }
}
