using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>The matrices of an <see cref="OutputSoftmax"/> in a precision of inference.</summary>
internal sealed class PreparedSoftmax
{
    public PreparedSoftmax(OutputSoftmax softmax, Backend backend, Precision precision)
    {
        Precision = precision;
        Projections = [.. softmax.Projections.Select(projection => projection is null ? null : backend.CreateWeight(Transposed(All(projection)), precision))];
        int tails = softmax.Clusters.Tails;
        if (tails == 0)
        {
            (Parts, Biases) = ([backend.CreateWeight(All(softmax.Weights[0]), precision)], [softmax.Biases[0].Value]);
            return;
        }

        SoftmaxPart[] parts = [.. Enumerable.Range(0, tails + 1).Select(softmax.Part)];
        bool joins = precision != Precision.Float32;
        Biases = [.. parts.Select((part, cluster) => cluster == 0 && joins ? Joined(Rows(part.Bias!, part), softmax.ClusterBias!.Value) : Rows(part.Bias!, part))];
        Parts = [.. parts.Select((part, cluster) => backend.CreateWeight(
            cluster == 0 && joins ? Joined(Rows(part.Weight, part), All(softmax.ClusterWeight!)) : Rows(part.Weight, part), precision))];
        ClusterColumns = joins ? null : backend.CreateWeight(All(softmax.ClusterWeight!), precision);
    }

    public Precision Precision { get; }

    /// <summary>P^T for each cluster: (width, d), or null.</summary>
    public InferenceWeight?[] Projections { get; }

    /// <summary>
    /// The rows of each cluster, or of the whole vocabulary without clusters. Below float32 the columns that represent tail clusters
    /// follow those of the shortlist, because rows that are rounded are copies anyhow.
    /// </summary>
    public InferenceWeight[] Parts { get; }

    /// <summary>b, rows as of the parts.</summary>
    public Tensor[] Biases { get; }

    /// <summary>The columns of the head that represent tail clusters, if they do not follow the shortlist.</summary>
    public InferenceWeight? ClusterColumns { get; }

    private static Tensor Rows(Variable variable, SoftmaxPart part) => variable is Parameter parameter ? parameter.Rows(part.First, part.Count) : variable.Value.Slice(part.First, part.Count);

    private static Tensor All(Variable variable) => variable is Parameter parameter ? parameter.Rows(0, parameter.Shape[0]) : variable.Value;

    private static Tensor Joined(Tensor first, Tensor second)
    {
        Tensor joined = Tensor.Allocate(first.Shape.WithFirst(first.Shape[0] + second.Shape[0]));
        first.CopyTo(joined.Slice(0, first.Shape[0]));
        second.CopyTo(joined.Slice(first.Shape[0], second.Shape[0]));
        return joined;
    }

    private static Tensor Transposed(Tensor matrix)
    {
        int rows = matrix.Shape[0], columns = matrix.Shape[1];
        Tensor result = Tensor.Allocate(new Shape(columns, rows));
        ReadOnlySpan<float> from = matrix.Span;
        Span<float> to = result.Span;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                to[(column * rows) + row] = from[(row * columns) + column];
            }
        }

        return result;
    }
}
