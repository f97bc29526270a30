namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// The right operand of a tile product: strips of columns. Inside a strip the columns for one k lie together and those for
/// the next k <paramref name="stride"/> further; the next strip begins <paramref name="spacing"/> further. Packed strips
/// and an unpacked row-major matrix are both of this form.
/// </summary>
internal readonly unsafe struct Strips(float* data, nint stride, nint spacing)
{
    public float* Data { get; } = data;

    public nint Stride { get; } = stride;

    public nint Spacing { get; } = spacing;
}
