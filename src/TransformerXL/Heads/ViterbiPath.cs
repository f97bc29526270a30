using System.Numerics;

namespace TransformerXL.Heads;

/// <summary>The label sequence with the largest score (Viterbi 1967; Forney 1973). Of equal ones, that whose labels come first, from the last word on.</summary>
internal sealed class ViterbiPath
{
    private readonly double[] _transitions, _start, _end, _best, _next;
    private readonly long[] _from;
    private readonly int _labels;

    /// <param name="transitions">A: (C, C), the score of each label (column) after another (row); negative infinity forbids it.</param>
    /// <param name="start">(C): the score of each first label.</param>
    /// <param name="end">(C): the score of each last label.</param>
    public ViterbiPath(ReadOnlySpan<float> transitions, ReadOnlySpan<float> start, ReadOnlySpan<float> end)
    {
        (_transitions, _start, _end) = (Doubles(transitions), Doubles(start), Doubles(end));
        _labels = start.Length;
        (_best, _next, _from) = (new double[_labels], new double[_labels], new long[_labels]);
    }

    /// <summary>The labels of a text.</summary>
    /// <param name="emissions">The scores of the labels of each word: (words, C).</param>
    public int[] Find(float[] emissions)
    {
        int words = emissions.Length / _labels;
        int[] path = new int[words];
        if (words == 0)
        {
            return path;
        }

        int[] from = new int[words * _labels];
        for (int j = 0; j < _labels; j++)
        {
            _best[j] = _start[j] + emissions[j];
        }

        for (int word = 1; word < words; word++)
        {
            Step(emissions.AsSpan(word * _labels, _labels));
            for (int j = 0; j < _labels; j++)
            {
                from[(word * _labels) + j] = (int)_from[j];
            }
        }

        for (int j = 0; j < _labels; j++)
        {
            _best[j] += _end[j];
        }

        path[^1] = Distribution.Best<double>(_best);
        for (int word = words - 1; word > 0; word--)
        {
            path[word - 1] = from[(word * _labels) + path[word]];
        }

        return path;
    }

    /// <summary>The best score of each label at the next word, and the label before it. Only maxima and sums of two are taken, which have the same bits at any width.</summary>
    private void Step(ReadOnlySpan<float> emissions)
    {
        Array.Fill(_next, double.NegativeInfinity);
        Array.Clear(_from);
        for (int i = 0; i < _labels; i++)
        {
            double before = _best[i];
            ReadOnlySpan<double> scores = _transitions.AsSpan(i * _labels, _labels);
            int j = 0;
            for (; j <= _labels - Vector<double>.Count; j += Vector<double>.Count)
            {
                Vector<double> score = new Vector<double>(scores[j..]) + new Vector<double>(before), best = new(_next, j);
                Vector<long> isBetter = Vector.GreaterThan(score, best);
                Vector.ConditionalSelect(isBetter, score, best).CopyTo(_next, j);
                Vector.ConditionalSelect(isBetter, new Vector<long>(i), new Vector<long>(_from, j)).CopyTo(_from, j);
            }

            for (; j < _labels; j++)
            {
                if (before + scores[j] > _next[j])
                {
                    (_next[j], _from[j]) = (before + scores[j], i);
                }
            }
        }

        for (int j = 0; j < _labels; j++)
        {
            _best[j] = _next[j] + emissions[j];
        }
    }

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }
}
