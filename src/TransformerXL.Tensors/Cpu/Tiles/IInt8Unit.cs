namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// What multiplies packed blocks of whole numbers of 8 bits, with exact sums of 32 bits: vector instructions (AVX512_VNNI), or in tests an
/// interpreter of the same machine code. A step is 64 values of k, and C holds whole numbers.
/// </summary>
internal unsafe interface IInt8Unit : ITiles
{
    /// <summary>Multiplies the first rows of one strip of A over the whole depth; C is overwritten. Nothing is checked.</summary>
    /// <param name="block">The block.</param>
    /// <param name="rows">1 to <see cref="VectorProductCode.MaxFewRows"/>; up to the next power of two are computed, and C has room for them.</param>
    void MultiplyFew(TileBlock* block, int rows);
}
