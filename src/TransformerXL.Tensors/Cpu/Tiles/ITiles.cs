namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>What multiplies packed blocks: the processor's matrix unit, or in tests an interpreter of the same machine code.</summary>
internal unsafe interface ITiles
{
    /// <summary>Multiplies a block. What the block says must hold: nothing is checked, and a wrong address ends the process.</summary>
    /// <param name="block">The block; its pointers are moved on.</param>
    void Multiply(TileBlock* block);

    /// <summary>Multiplies tiles between registers only.</summary>
    /// <param name="iterations">How often, at least once; each does <see cref="TileCode.PeakOperations"/>.</param>
    void Peak(long iterations);
}
