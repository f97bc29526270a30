namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// A unit that multiplies packed blocks of 8-bit integers, with exact 32-bit sums: vector instructions (AVX512_VNNI), or in tests an
/// interpreter of the same machine code. A step is 64 values of k, and C holds whole numbers.
/// </summary>
internal unsafe interface IInt8Unit : ITiles
{
    /// <summary>Multiplies the first rows of one strip of A over the whole depth; C is overwritten. Nothing is checked.</summary>
    /// <param name="block">The block.</param>
    /// <param name="rows">1 to <see cref="VectorProductCode.MaxFewRows"/>; up to the next power of two are computed, and C has room for them.</param>
    void MultiplyFew(TileBlock* block, int rows);
}
