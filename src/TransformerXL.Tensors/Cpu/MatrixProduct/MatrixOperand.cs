namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>A matrix in memory, possibly transposed: element (i, j) is at i * RowStride + j * ColumnStride, one of the two being 1.</summary>
internal readonly unsafe struct MatrixOperand(float* data, nint rowStride, nint columnStride)
{
    public float* Data { get; } = data;

    public nint RowStride { get; } = rowStride;

    public nint ColumnStride { get; } = columnStride;

    public MatrixOperand Transposed => new(Data, ColumnStride, RowStride);

    public MatrixOperand At(nint row, nint column) => new(Data + (row * RowStride) + (column * ColumnStride), RowStride, ColumnStride);
}
