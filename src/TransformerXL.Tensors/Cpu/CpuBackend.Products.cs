using System.Diagnostics.CodeAnalysis;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu;

/// <content>Matrix products of tensors.</content>
public sealed unsafe partial class CpuBackend
{
    internal override void Multiply(Matrix left, Matrix right, Tensor result, Precision precision, bool add = false)
    {
        using BackendUse use = Enter();
        MatrixProductArguments product = Product(left, right.Rows, right.Columns, result, precision);
        product.B = RightOperand(right, precision);
        product.Accumulate = add;
        Kernels.MatrixProduct(product);
        KeepAlive(left.Tensor, right.Tensor, result);
    }

    internal override void Linear(
        Matrix left, Matrix right, Tensor result, Precision precision, Tensor bias, Activation activation = Activation.None, Tensor beforeGelu = default, DropoutMask dropout = default)
    {
        using BackendUse use = Enter();
        MatrixProductArguments product = Product(left, right.Rows, right.Columns, result, precision);
        product.B = RightOperand(right, precision);
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

    /// <summary>A right operand, which may hold bfloat16: where no unit multiplies these, they are widened first.</summary>
    private MatrixOperand RightOperand(Matrix matrix, Precision precision)
    {
        Tensor tensor = matrix.Tensor;
        if (!tensor.IsBfloat16)
        {
            return Operand(matrix);
        }

        return precision == Precision.Bfloat16 && UsesBfloat16
            ? Operand(tensor.Bfloat16Pointer, matrix, isBfloat16: true)
            : Operand(Widened(tensor), matrix, isBfloat16: false);
    }

    /// <summary>The matrix in memory.</summary>
    private static MatrixOperand Operand(Matrix matrix) => matrix.Tensor.IsEmpty
        ? throw new InvalidOperationException($"an operand of shape {matrix.Tensor.Shape} has no memory: it was never allocated, or is a weight of a model that belongs to another session")
        : Operand(matrix.Tensor.Pointer, matrix, isBfloat16: false);

    private static MatrixOperand Operand(void* data, Matrix matrix, bool isBfloat16)
    {
        MatrixOperand rows = new(data, matrix.Tensor.Shape.Columns, 1, isBfloat16);
        return matrix.IsTransposed ? rows.Transposed : rows;
    }

    /// <summary>The elements as float32 in working memory, until the next call.</summary>
    private float* Widened(Tensor tensor)
    {
        Reserve(ref _widened, tensor.Count);
        WidenBody body = new(tensor.Bfloat16Pointer, (float*)_widened!.Pointer, tensor.Count);
        Team.Run(body.Tasks, ref body);
        return (float*)_widened.Pointer;
    }

    private readonly struct WidenBody(ushort* source, float* destination, long count) : IParallelBody
    {
        private const int Chunk = 1 << 16;

        public int Tasks => (int)((count + Chunk - 1) / Chunk);

        public void Invoke(int task, int worker)
        {
            nint first = (nint)task * Chunk;
            Bfloat16Rows.Widen(source + first, destination + first, (nint)Math.Min(Chunk, count - first));
        }
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
