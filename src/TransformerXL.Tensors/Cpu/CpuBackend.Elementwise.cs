using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu;

/// <content>Operations on elements, rows and columns of tensors.</content>
public sealed unsafe partial class CpuBackend
{
    /// <summary>destination = or += dropout(source).</summary>
    internal void Dropout(DropoutMask mask, Tensor source, Tensor destination, bool add)
    {
        Kernels.Dropout(mask, source.Pointer, destination.Pointer, source.Count, add);
        KeepAlive(source, destination, default);
    }

    /// <summary>destination = or += source: a gradient that passes unchanged.</summary>
    internal void Pass(Tensor source, Tensor destination, bool add) => Dropout(default, source, destination, add);

    /// <summary>y = y * scale where the gate is above zero, else 0.</summary>
    internal void Gate(Tensor y, Tensor gate, float scale)
    {
        Kernels.Gate(y.Pointer, gate.Pointer, scale, y.Count);
        KeepAlive(y, gate, default);
    }

    /// <summary>y = y * GELU'(x).</summary>
    internal void MultiplyByGeluDerivative(Tensor y, Tensor x)
    {
        Kernels.MultiplyByGeluDerivative(y.Pointer, x.Pointer, y.Count);
        KeepAlive(y, x, default);
    }

    /// <summary>y_tb = x_tb + row_t: x and y (T, B, D), rows (T, D).</summary>
    internal void AddRows(Tensor x, Tensor rows, Tensor y)
    {
        Kernels.AddRows(x.Pointer, rows.Pointer, y.Pointer, x.Shape[0], x.Shape[1], x.Shape.Columns);
        KeepAlive(x, rows, y);
    }

    /// <summary>row_t += the sum of x_tb over b: x (T, B, D), rows (T, D).</summary>
    internal void SumStreams(Tensor x, Tensor rows)
    {
        Kernels.SumStreams(x.Pointer, rows.Pointer, x.Shape[0], x.Shape[1], x.Shape.Columns);
        KeepAlive(x, rows, default);
    }

    /// <summary>y += the sum of the rows of x: x (rows, D), y (D).</summary>
    internal void AddColumnSums(Tensor x, Tensor y)
    {
        Kernels.AddColumnSums(x.Pointer, x.Shape.Rows, x.Shape.Columns, y.Pointer);
        KeepAlive(x, y, default);
    }

    internal double SumOfSquares(Tensor x)
    {
        double sum = Kernels.SumOfSquares(x.Pointer, x.Count);
        x.KeepAlive();
        return sum;
    }
}
