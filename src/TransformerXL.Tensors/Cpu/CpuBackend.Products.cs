using System.Diagnostics.CodeAnalysis;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu;

/// <content>Matrix products of tensors.</content>
public sealed unsafe partial class CpuBackend
{
    /// <summary>result = or += left right.</summary>
    internal void Multiply(Matrix left, Matrix right, Tensor result, Precision precision, bool add = false)
    {
        MatrixProductArguments product = Product(left, right.Rows, right.Columns, result, precision);
        product.B = right.Operand();
        product.Accumulate = add;
        Kernels.MatrixProduct(product);
        KeepAlive(left.Tensor, right.Tensor, result);
    }

    /// <summary>result = dropout(activation(left right + bias)).</summary>
    /// <param name="left">(rows, depth).</param>
    /// <param name="right">(depth, columns).</param>
    /// <param name="result">(rows, columns), overwritten.</param>
    /// <param name="precision">Of the operands.</param>
    /// <param name="bias">(columns), or empty.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <param name="beforeGelu">Takes the values before GELU, laid out as the result; empty where they are not wanted.</param>
    /// <param name="dropout">Inactive for none.</param>
    internal void Linear(
        Matrix left, Matrix right, Tensor result, Precision precision, Tensor bias, Activation activation = Activation.None, Tensor beforeGelu = default, DropoutMask dropout = default)
    {
        MatrixProductArguments product = Product(left, right.Rows, right.Columns, result, precision);
        product.B = right.Operand();
        product.Epilogue = new Epilogue { Bias = bias.Pointer, BeforeGelu = beforeGelu.Pointer, Activation = activation, Dropout = dropout };
        Kernels.MatrixProduct(product);
        KeepAlive(left.Tensor, right.Tensor, result);
        KeepAlive(bias, beforeGelu, default);
    }

    /// <summary>Floats that a right operand takes when packed.</summary>
    internal int PackedSize(Matrix right, Precision precision) => checked((int)Kernels.PackedRightSize(right.Rows, right.Columns, precision));

    /// <summary>Packs a right operand that several products share.</summary>
    /// <param name="right">(depth, columns).</param>
    /// <param name="precision">Of the products.</param>
    /// <param name="packed">Of <see cref="PackedSize"/> floats.</param>
    internal void Pack(Matrix right, Precision precision, Tensor packed)
    {
        Kernels.PackRight(right.Operand(), right.Rows, right.Columns, precision, packed.Pointer);
        KeepAlive(right.Tensor, packed, default);
    }

    /// <summary>result = left right, the right operand (depth, columns) being packed for the precision.</summary>
    internal void MultiplyPacked(Matrix left, Tensor packed, Tensor result, Precision precision)
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
            A = left.Operand(),
            C = result.Pointer,
            Stride = columns,
        };
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
