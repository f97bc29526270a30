using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <content>The distribution of the next token on a tape that only evaluates.</content>
internal sealed partial class OutputSoftmax
{
    // Large enough to pack the weight of a large vocabulary in few pieces, and small compared with the model.
    private const int TileFloats = 1 << 21;
    private const int MinTileColumns = 256;

    /// <summary>Unnormalised log-probabilities (rows, V) after hidden states (rows, d); log-probabilities where there are clusters.</summary>
    public Tensor Logits(Tape tape, Tensor hidden)
    {
        PreparedSoftmax weights = Prepared(tape);
        Tensor logits = tape.Allocate(new Shape(hidden.Shape.Rows, _clusters.First(_clusters.Tails) + _clusters.Size(_clusters.Tails)));
        if (_clusters.Tails == 0)
        {
            tape.Backend.Linear(Projected(tape, weights, hidden, 0), weights.Parts[0], weights.Biases[0], logits, rowsAlone: tape.RowsAlone);
        }
        else
        {
            ClusterLogits(tape, weights, hidden, logits);
        }

        return logits;
    }

    /// <summary>-log p of each target in nats.</summary>
    public void NegativeLogLikelihood(Tape tape, Tensor hidden, ReadOnlySpan<int> targets, Span<float> nll)
    {
        PreparedSoftmax weights = Prepared(tape);
        if (_clusters.Tails == 0)
        {
            PartLikelihood(tape, weights, hidden, 0, tape.Allocate(targets), nll);
        }
        else if (weights.Precision != Precision.Float32)
        {
            ClusterLikelihood(tape, weights, hidden, targets, nll);
        }
        else
        {
            Tensor perToken = tape.Allocate(new Shape(targets.Length));
            Loss(tape, tape.Constant(hidden), tape.Allocate(targets), perToken);
            perToken.Span.CopyTo(nll);
        }
    }

    private PreparedSoftmax Prepared(Tape tape) =>
        tape.Weights!.FormOf(this, tape.Backend, static (softmax, backend, precision) => new PreparedSoftmax(softmax, backend, precision));

    /// <summary>Hidden states as the softmax of a cluster reads them: (rows, width).</summary>
    private static Tensor Projected(Tape tape, PreparedSoftmax weights, Tensor hidden, int cluster)
    {
        if (weights.Projections[cluster] is not { } projection)
        {
            return hidden;
        }

        Tensor projected = tape.Allocate(new Shape(hidden.Shape.Rows, projection.Outputs));
        tape.Backend.Linear(hidden, projection, default, projected, rowsAlone: tape.RowsAlone);
        return projected;
    }

    /// <summary>-log p of columns of one part; its logits are computed one block of columns at a time.</summary>
    private static void PartLikelihood(Tape tape, PreparedSoftmax weights, Tensor hidden, int part, IndexTensor columns, Span<float> nll)
    {
        InferenceWeight weight = weights.Parts[part];
        int rows = hidden.Shape.Rows;
        long block = Math.Min(weight.Outputs, Math.Max(MinTileColumns, TileFloats / Math.Max(1, rows)));
        Tensor workspace = tape.Allocate(new Shape(checked((int)(rows * (Math.Max(block, 32) + 3)))));
        tape.Backend.NegativeLogLikelihood(Projected(tape, weights, hidden, part), weight, weights.Biases[part], columns, workspace, nll);
        tape.Release(workspace);
    }
}
