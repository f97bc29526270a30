namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>A matrix in memory, possibly transposed: element (i, j) is at i * RowStride + j * ColumnStride, one of the two being 1.</summary>
/// <param name="data">The first element.</param>
/// <param name="rowStride">Elements from one row to the next.</param>
/// <param name="columnStride">Elements from one column to the next.</param>
/// <param name="isBfloat16">Whether the elements are bfloat16, which only the packing of tiles reads.</param>
internal readonly unsafe struct MatrixOperand(void* data, nint rowStride, nint columnStride, bool isBfloat16 = false)
{
    public float* Data { get; } = (float*)data;

    public nint RowStride { get; } = rowStride;

    public nint ColumnStride { get; } = columnStride;

    public bool IsBfloat16 { get; } = isBfloat16;

    public MatrixOperand Transposed => new(Data, ColumnStride, RowStride, IsBfloat16);

    public MatrixOperand At(nint row, nint column)
    {
        nint elements = (row * RowStride) + (column * ColumnStride);
        return new(IsBfloat16 ? (ushort*)Data + elements : Data + elements, RowStride, ColumnStride, IsBfloat16);
    }
}
