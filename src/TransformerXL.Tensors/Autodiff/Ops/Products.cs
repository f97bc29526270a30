using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>Tensors as operands of matrix products.</summary>
internal static class Products
{
    /// <summary>A tensor as the matrix of its rows.</summary>
    public static unsafe MatrixOperand Rows(Tensor tensor) => new(tensor.Pointer, tensor.Shape.Columns, 1);

    /// <summary>C (rows, columns), contiguous, = or += A B.</summary>
    public static unsafe void Multiply(
        Tape tape, int rows, int columns, int depth, MatrixOperand a, MatrixOperand b, float* c, bool add)
    {
        MatrixProductArguments arguments = new()
        {
            Rows = rows,
            Columns = columns,
            Depth = depth,
            Precision = tape.Precision,
            A = a,
            B = b,
            C = c,
            Stride = columns,
            Accumulate = add,
        };
        tape.Backend.Kernels.MatrixProduct(arguments);
    }
}
