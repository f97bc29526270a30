using TransformerXL.Models;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <content>Large vocabularies in clusters.</content>
internal sealed partial class SessionSoftmax
{
    private Tensor _gathered;
    private int[] _columns = [], _positions = [];
    private float[] _tailNll = [];

    /// <summary>log p(token) = log p_head(cluster) + log p_tail(token), cluster by cluster.</summary>
    private void ClusterLogits(Tensor hidden, Tensor logits)
    {
        Clusters clusters = _softmax.Clusters;
        Span<float> result = logits.Span;
        int shortlist = clusters.Shortlist, tails = clusters.Tails, rows = hidden.Shape.Rows;
        Span<float> tailLogits = stackalloc float[rows * tails];
        HeadLogits(Projected(hidden, 0), result, tailLogits);
        for (int stream = 0; stream < rows; stream++)
        {
            Span<float> row = result.Slice(stream * _vocabulary, shortlist), clusterRow = tailLogits.Slice(stream * tails, tails);
            double total = LogSum(LogSumExp(row), LogSumExp(clusterRow));
            Subtract(row, total);
            Subtract(clusterRow, total);
        }

        for (int cluster = 1; cluster <= tails; cluster++)
        {
            int first = clusters.First(cluster), size = clusters.Size(cluster);
            ReadOnlySpan<float> tail = PartLogits(Projected(hidden, cluster), _weights.Parts[cluster], _weights.Biases[cluster]).Span;
            for (int stream = 0; stream < rows; stream++)
            {
                Span<float> row = result.Slice((stream * _vocabulary) + first, size);
                tail.Slice(stream * size, size).CopyTo(row);
                Subtract(row, LogSumExp(row) - tailLogits[(stream * tails) + clusters.HeadColumn(cluster) - shortlist]);
            }
        }

        GC.KeepAlive(this);
    }

    /// <summary>The logits of the shortlist, to the beginning of each row of the result, and of the tail clusters.</summary>
    private void HeadLogits(Tensor input, Span<float> result, Span<float> tailLogits)
    {
        int rows = input.Shape.Rows;
        int shortlist = _softmax.Clusters.Shortlist, tails = _softmax.Clusters.Tails, columns = _weights.Parts[0].Outputs;
        ReadOnlySpan<float> head = PartLogits(input, _weights.Parts[0], _weights.Biases[0]).Span;
        for (int stream = 0; stream < rows; stream++)
        {
            ReadOnlySpan<float> row = head.Slice(stream * columns, columns);
            row[..shortlist].CopyTo(result[(stream * _vocabulary)..]);
            row[shortlist..].CopyTo(tailLogits[(stream * tails)..]);
        }

        if (_weights.ClusterColumns is { } separate)
        {
            PartLogits(input, separate, _softmax.ClusterBias!.Value).Span.CopyTo(tailLogits);
        }
    }

    private Tensor PartLogits(Tensor input, InferenceWeight weight, Tensor bias)
    {
        Tensor output = Room(ref _scratch, new Shape(input.Shape.Rows, weight.Outputs));
        _backend.Linear(input, weight, bias, output);
        return output;
    }

    /// <summary>-log p of each target where the columns of the tail clusters follow the shortlist: that of its column in the head, and in its cluster.</summary>
    private void ClusterLikelihood(Tensor hidden, ReadOnlySpan<int> targets, Span<float> nll)
    {
        Clusters clusters = _softmax.Clusters;
        int rows = targets.Length;
        if (_columns.Length < rows)
        {
            (_columns, _positions, _tailNll) = (new int[rows], new int[rows], new float[rows]);
        }

        for (int row = 0; row < rows; row++)
        {
            int cluster = clusters.Of(targets[row]);
            _columns[row] = cluster == 0 ? targets[row] : clusters.HeadColumn(cluster);
        }

        _backend.NegativeLogLikelihood(Projected(hidden, 0), _weights.Parts[0], _weights.Biases[0], _columns.AsSpan(0, rows), Losses(), nll);
        for (int cluster = 1; cluster <= clusters.Tails; cluster++)
        {
            int count = Gather(hidden, targets, cluster);
            if (count > 0)
            {
                Tensor input = Projected(_gathered.Slice(0, count), cluster);
                Span<float> inCluster = _tailNll.AsSpan(0, count);
                _backend.NegativeLogLikelihood(input, _weights.Parts[cluster], _weights.Biases[cluster], _columns.AsSpan(0, count), Losses(), inCluster);
                for (int i = 0; i < count; i++)
                {
                    nll[_positions[i]] += inCluster[i];
                }
            }
        }
    }

    /// <summary>The hidden states whose targets are in a cluster, side by side, and the places of those in it.</summary>
    private int Gather(Tensor hidden, ReadOnlySpan<int> targets, int cluster)
    {
        int count = 0, columns = hidden.Shape.Columns, first = _softmax.Clusters.First(cluster), size = _softmax.Clusters.Size(cluster);
        _gathered = _gathered.IsEmpty ? Tensor.Allocate(new Shape(_rows, columns)) : _gathered;
        for (int row = 0; row < targets.Length; row++)
        {
            if ((uint)(targets[row] - first) < (uint)size)
            {
                hidden.Span.Slice(row * columns, columns).CopyTo(_gathered.Span[(count * columns)..]);
                _columns[count] = targets[row] - first;
                _positions[count++] = row;
            }
        }

        return count;
    }

    private static double LogSumExp(ReadOnlySpan<float> values)
    {
        float max = float.NegativeInfinity;
        foreach (float value in values)
        {
            max = Math.Max(max, value);
        }

        double sum = 0;
        foreach (float value in values)
        {
            sum += MathF.Exp(value - max);
        }

        return max + Math.Log(sum);
    }

    private static double LogSum(double a, double b) => Math.Max(a, b) + Math.Log(1 + Math.Exp(-Math.Abs(a - b)));

    private static void Subtract(Span<float> values, double amount)
    {
        foreach (ref float value in values)
        {
            value = (float)(value - amount);
        }
    }
}
