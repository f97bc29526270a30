using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// y_b = (1 / n_b) sum over t below n_b of x_tb: x (T, B, D) gives (B, D). n_b is T, or the length of stream b; a stream of
/// length zero gives zero.
/// </summary>
public sealed class MeanRowsOperation : Operation
{
    private Variable _input = null!;
    private IndexTensor _lengths;

    internal Variable Forward(Tape tape, Variable input, IndexTensor lengths)
    {
        Shape shape = input.Shape;
        Check.Equal("mean rows", "the number of axes of the input", shape.Rank, 3);
        if (!lengths.IsEmpty)
        {
            Check.Equal("mean rows", "the number of lengths", lengths.Count, shape[1]);
            Check.Below("mean rows", "a length", lengths.Span, shape[0] + 1);
        }

        (_input, _lengths) = (input, lengths);
        Variable output = tape.NewVariable(new Shape(shape[1], shape[2]), input.RequiresGradient);
        tape.Backend.MeanRows(input.Value, lengths, output.Value);
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor target = tape.Gradient(_input, out bool add);
        tape.Backend.MeanRowsBackward(Output.Gradient, _lengths, target, add);
    }

    /// <inheritdoc/>
    public override void Clear() => (_input, _lengths) = (null!, default);
}
