using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu;

/// <content>Operations on elements, rows and columns of tensors.</content>
public sealed unsafe partial class CpuBackend
{
    internal override void Dropout(DropoutMask mask, Tensor source, Tensor destination, bool add)
    {
        Kernels.Dropout(mask, source.Pointer, destination.Pointer, source.Count, add);
        KeepAlive(source, destination, default);
    }

    internal override void Gate(Tensor y, Tensor gate, float scale)
    {
        Kernels.Gate(y.Pointer, gate.Pointer, scale, y.Count);
        KeepAlive(y, gate, default);
    }

    internal override void Gelu(Tensor x, DropoutMask mask, Tensor y)
    {
        Kernels.Gelu(x.Pointer, mask, y.Pointer, y.Count);
        KeepAlive(x, y, default);
    }

    internal override void GeluBackward(Tensor y, Tensor x, DropoutMask mask)
    {
        Kernels.GeluBackward(y.Pointer, x.Pointer, mask, y.Count);
        KeepAlive(y, x, default);
    }

    internal override void AddRows(Tensor x, Tensor rows, Tensor y)
    {
        Kernels.AddRows(x.Pointer, rows.Pointer, y.Pointer, x.Shape[0], x.Shape[1], x.Shape.Columns);
        KeepAlive(x, rows, y);
    }

    internal override void SumStreams(Tensor x, Tensor rows)
    {
        Kernels.SumStreams(x.Pointer, rows.Pointer, x.Shape[0], x.Shape[1], x.Shape.Columns);
        KeepAlive(x, rows, default);
    }

    internal override void AddColumnSums(Tensor x, Tensor y)
    {
        Kernels.AddColumnSums(x.Pointer, x.Shape.Rows, x.Shape.Columns, y.Pointer);
        KeepAlive(x, y, default);
    }

    internal override double SumOfSquares(Tensor x)
    {
        double sum = Kernels.SumOfSquares(x.Pointer, null, 0, x.Count);
        x.KeepAlive();
        return sum;
    }

    internal override double SumOfSquares(Tensor x, Tensor scale, float epsilon)
    {
        double sum = Kernels.SumOfSquares(x.Pointer, scale.Pointer, epsilon, x.Count);
        KeepAlive(x, scale, default);
        return sum;
    }
}
