using System.Numerics.Tensors;

namespace TransformerXL.Analysis.Attention;

/// <summary>Sums over the queries of one head, by distance: the farthest token after a query first.</summary>
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
    /// <param name="first">Where the first of the scores belongs among the sums; below 0 where it is too far away.</param>
    public void Add(HeadScores scores, Span<float> probabilities, Span<float> scratch, int first)
    {
        Softmax(scores.Whole, probabilities);
        AddTo(Attention, probabilities, first);
        for (int term = 0; term < Scores.Length; term++)
        {
            AddTo(Scores[term], scores.Of(term), first);
            Softmax(scores.Of(term), scratch);
            AddTo(Alone[term], scratch, first);
        }
    }

    private static void Softmax(ReadOnlySpan<float> scores, Span<float> probabilities)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max(scores), probabilities);
        TensorPrimitives.Exp(probabilities, probabilities);
        TensorPrimitives.Divide(probabilities, TensorPrimitives.Sum<float>(probabilities), probabilities);
    }

    private static void AddTo(double[] sums, ReadOnlySpan<float> values, int first)
    {
        int end = Math.Min(sums.Length, first + values.Length);
        for (int i = Math.Max(0, first); i < end; i++)
        {
            sums[i] += values[i - first];
        }
    }
}
