using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors;

namespace TransformerXL.Models;

/// <content>Large vocabularies in clusters on a tape that only evaluates.</content>
internal sealed partial class OutputSoftmax
{
    /// <summary>log p(token) = log p_head(cluster) + log p_tail(token), cluster by cluster.</summary>
    private void ClusterLogits(Tape tape, PreparedSoftmax weights, Tensor hidden, Tensor logits)
    {
        Span<float> result = logits.Span;
        int shortlist = _clusters.Shortlist, tails = _clusters.Tails, rows = hidden.Shape.Rows, vocabulary = logits.Shape.Columns;
        Span<float> tailLogits = tape.Allocate(new Shape(rows, tails)).Span;
        HeadLogits(tape, weights, Projected(tape, weights, hidden, 0), result, vocabulary, tailLogits);
        for (int row = 0; row < rows; row++)
        {
            Span<float> head = result.Slice(row * vocabulary, shortlist), clusters = tailLogits.Slice(row * tails, tails);
            double total = LogSum(LogSumExp(head), LogSumExp(clusters));
            Subtract(head, total);
            Subtract(clusters, total);
        }

        for (int cluster = 1; cluster <= tails; cluster++)
        {
            int first = _clusters.First(cluster), size = _clusters.Size(cluster);
            Tensor tail = PartLogits(tape, Projected(tape, weights, hidden, cluster), weights.Parts[cluster], weights.Biases[cluster]);
            for (int row = 0; row < rows; row++)
            {
                Span<float> columns = result.Slice((row * vocabulary) + first, size);
                tail.Span.Slice(row * size, size).CopyTo(columns);
                Subtract(columns, LogSumExp(columns) - tailLogits[(row * tails) + _clusters.HeadColumn(cluster) - shortlist]);
            }

            tape.Release(tail);
        }
    }

    /// <summary>The logits of the shortlist, to the beginning of each row of the result, and of the tail clusters.</summary>
    private void HeadLogits(Tape tape, PreparedSoftmax weights, Tensor input, Span<float> result, int vocabulary, Span<float> tailLogits)
    {
        int rows = input.Shape.Rows, shortlist = _clusters.Shortlist, tails = _clusters.Tails, columns = weights.Parts[0].Outputs;
        Tensor head = PartLogits(tape, input, weights.Parts[0], weights.Biases[0]);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> values = head.Span.Slice(row * columns, columns);
            values[..shortlist].CopyTo(result[(row * vocabulary)..]);
            values[shortlist..].CopyTo(tailLogits[(row * tails)..]);
        }

        if (weights.ClusterColumns is { } separate)
        {
            PartLogits(tape, input, separate, ClusterBias!.Value).Span.CopyTo(tailLogits);
        }
    }

    private static Tensor PartLogits(Tape tape, Tensor input, InferenceWeight weight, Tensor bias)
    {
        Tensor output = tape.Allocate(new Shape(input.Shape.Rows, weight.Outputs));
        tape.Backend.Linear(input, weight, bias, output, rowsAlone: tape.RowsAlone);
        return output;
    }

    /// <summary>-log p of each target where the columns of the tail clusters follow the shortlist: that of its column in the head, and in its cluster.</summary>
    private void ClusterLikelihood(Tape tape, PreparedSoftmax weights, Tensor hidden, ReadOnlySpan<int> targets, Span<float> nll)
    {
        PartLikelihood(tape, weights, hidden, 0, HeadTargets(tape, targets), nll);
        ClusterRows clusters = tape.Scratch(this, static softmax => new ClusterRows(softmax._clusters));
        clusters.Sort(tape, targets);
        for (int part = 0; part < clusters.Count; part++)
        {
            if (clusters.Cluster(part) == 0)
            {
                continue;
            }

            IndexTensor positions = clusters.Positions[part];
            Tensor input = tape.GatherRows(tape.Constant(hidden), positions).Value, inCluster = tape.Allocate(new Shape(positions.Count));
            PartLikelihood(tape, weights, input, clusters.Cluster(part), clusters.Tokens(part), inCluster.Span);
            for (int i = 0; i < positions.Count; i++)
            {
                nll[positions.Span[i]] += inCluster.Span[i];
            }
        }
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
            sum += PortableMath.Exp(value - max);
        }

        return max + PortableMath.Log(sum);
    }

    private static double LogSum(double a, double b) => Math.Max(a, b) + PortableMath.Log(1 + PortableMath.Exp(-Math.Abs(a - b)));

    private static void Subtract(Span<float> values, double amount)
    {
        foreach (ref float value in values)
        {
            value = (float)(value - amount);
        }
    }
}
