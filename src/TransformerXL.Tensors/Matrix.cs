using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors;

/// <summary>A tensor as an operand of a matrix product: the matrix of its rows, possibly transposed.</summary>
internal readonly struct Matrix
{
    private Matrix(Tensor tensor, bool transposed) => (Tensor, IsTransposed) = (tensor, transposed);

    public Tensor Tensor { get; }

    public bool IsTransposed { get; }

    public int Rows => IsTransposed ? Tensor.Shape.Columns : Tensor.Shape.Rows;

    public int Columns => IsTransposed ? Tensor.Shape.Rows : Tensor.Shape.Columns;

    public Matrix Transposed => new(Tensor, !IsTransposed);

    /// <summary>The matrix whose columns lie along the last axis.</summary>
    public static Matrix Of(Tensor tensor) => new(tensor, transposed: false);
}
