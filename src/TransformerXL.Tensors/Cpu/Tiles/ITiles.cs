namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// A unit that multiplies packed blocks of bfloat16: the processor's matrix unit (AMX), its vector instructions (AVX512_BF16), or in tests an
/// interpreter of the same machine code. For 8 bits see <see cref="IInt8Unit"/>.
/// </summary>
internal unsafe interface ITiles
{
    /// <summary>The unit's name in results: <c>amx</c>, <c>avx512-bf16</c> or <c>avx512-vnni</c>.</summary>
    string Name { get; }

    /// <summary>Floating-point operations of one iteration of <see cref="Peak"/>.</summary>
    long PeakOperations { get; }

    /// <summary>Multiplies a block. Nothing is checked: a wrong address or size in the block crashes the process.</summary>
    /// <param name="block">The block; its pointers are advanced.</param>
    void Multiply(TileBlock* block);

    /// <summary>Multiplies between registers only.</summary>
    /// <param name="iterations">The number of iterations, at least one; each does <see cref="PeakOperations"/>.</param>
    void Peak(long iterations);
}
