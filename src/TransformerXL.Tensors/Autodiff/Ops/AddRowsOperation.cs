using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>y_tb = x_tb + row_t: x (T, B, D) and rows (T, D) give (T, B, D).</summary>
public sealed class AddRowsOperation : Operation
{
    private Variable _input = null!, _rows = null!;

    internal unsafe Variable Forward(Tape tape, Variable input, Variable rows)
    {
        Shape shape = input.Shape;
        Check.Shape("add rows", "the shape of the rows", rows.Shape, new Shape(shape[0], shape.Columns));
        (_input, _rows) = (input, rows);
        Variable output = tape.NewVariable(shape, input.RequiresGradient || rows.RequiresGradient);
        tape.Backend.Kernels.AddRows(input.Value.Pointer, rows.Value.Pointer, output.Value.Pointer, shape[0], shape[1], shape.Columns);
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        KernelSet kernels = tape.Backend.Kernels;
        Tensor gradient = Output.Gradient;
        if (_rows.RequiresGradient)
        {
            kernels.SumStreams(gradient.Pointer, tape.GradientToAdd(_rows).Pointer, gradient.Shape[0], gradient.Shape[1], gradient.Shape.Columns);
        }

        if (_input.RequiresGradient)
        {
            float* target = tape.Gradient(_input, out bool add).Pointer;
            kernels.Dropout(default, gradient.Pointer, target, gradient.Count, add);
        }
    }

    internal override void Clear() => (_input, _rows) = (null!, null!);
}
