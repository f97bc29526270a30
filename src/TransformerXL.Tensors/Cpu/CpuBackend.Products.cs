using System.Diagnostics.CodeAnalysis;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu;

/// <content>Matrix products of tensors.</content>
public sealed unsafe partial class CpuBackend
{
    internal override void Multiply(Matrix left, Matrix right, Tensor result, Precision precision, bool add = false)
    {
        MatrixProductArguments product = Product(left, right.Rows, right.Columns, result, precision);
        product.B = Operand(right);
        product.Accumulate = add;
        Kernels.MatrixProduct(product);
        KeepAlive(left.Tensor, right.Tensor, result);
    }

    internal override void Linear(
        Matrix left, Matrix right, Tensor result, Precision precision, Tensor bias, Activation activation = Activation.None, Tensor beforeGelu = default, DropoutMask dropout = default)
    {
        MatrixProductArguments product = Product(left, right.Rows, right.Columns, result, precision);
        product.B = Operand(right);
        product.Epilogue = new Epilogue { Bias = bias.Pointer, BeforeGelu = beforeGelu.Pointer, Activation = activation, Dropout = dropout };
        Kernels.MatrixProduct(product);
        KeepAlive(left.Tensor, right.Tensor, result);
        KeepAlive(bias, beforeGelu, default);
    }

    internal override int PackedSize(Matrix right, Precision precision) => checked((int)Kernels.PackedRightSize(right.Rows, right.Columns, precision));

    internal override void Pack(Matrix right, Precision precision, Tensor packed)
    {
        Kernels.PackRight(Operand(right), right.Rows, right.Columns, precision, packed.Pointer);
        KeepAlive(right.Tensor, packed, default);
    }

    internal override void MultiplyPacked(Matrix left, Tensor packed, Tensor result, Precision precision)
    {
        MatrixProductArguments product = Product(left, left.Columns, result.Shape.Columns, result, precision);
        product.PackedB = packed.Pointer;
        Kernels.MatrixProduct(product);
        KeepAlive(left.Tensor, packed, result);
    }

    private static MatrixProductArguments Product(Matrix left, int depth, int columns, Tensor result, Precision precision)
    {
        int rows = left.Rows;
        if (left.Columns != depth || result.Count != (long)rows * columns)
        {
            ThrowProduct(left, depth, columns, result.Shape);
        }

        return new MatrixProductArguments
        {
            Rows = rows,
            Columns = columns,
            Depth = depth,
            Precision = precision,
            A = Operand(left),
            C = result.Pointer,
            Stride = columns,
        };
    }

    /// <summary>The matrix in memory.</summary>
    private static MatrixOperand Operand(Matrix matrix)
    {
        if (matrix.Tensor.IsEmpty)
        {
            throw new InvalidOperationException($"an operand of shape {matrix.Tensor.Shape} has no memory: it was never allocated, or is a weight of a model that belongs to another session");
        }

        MatrixOperand rows = new(matrix.Tensor.Pointer, matrix.Tensor.Shape.Columns, 1);
        return matrix.IsTransposed ? rows.Transposed : rows;
    }

    /// <summary>A caller that no longer needs a tensor must not have it freed while a kernel works on its address.</summary>
    private static void KeepAlive(Tensor first, Tensor second, Tensor third)
    {
        first.KeepAlive();
        second.KeepAlive();
        third.KeepAlive();
    }

    [DoesNotReturn]
    private static void ThrowProduct(Matrix left, int depth, int columns, Shape result) => throw new ArgumentException(
        $"matrix product: ({left.Rows}, {left.Columns}) times ({depth}, {columns}) does not give {result}");
}
