using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>The machine code of a unit for bfloat16, run by an interpreter that lets it touch only the memory which a block names.</summary>
internal sealed unsafe class InterpretedTiles : ITiles
{
    private readonly byte[] _multiply, _peak;

    /// <summary>The code for AMX.</summary>
    public InterpretedTiles()
        : this(isVector: false)
    {
    }

    /// <param name="isVector">Whether the code is that for AVX512_BF16.</param>
    public InterpretedTiles(bool isVector)
    {
        (Name, PeakOperations) = isVector ? ("avx512-bf16", VectorProductCode.PeakOperations(VectorProduct.Bfloat16)) : ("amx", TileCode.PeakOperations);
        (_multiply, _peak) = isVector
            ? (VectorProductCode.EmitMultiply(VectorProduct.Bfloat16), VectorProductCode.EmitPeak(VectorProduct.Bfloat16))
            : (TileCode.EmitMultiply(), TileCode.EmitPeak());
    }

    public string Name { get; }

    public long PeakOperations { get; }

    public void Multiply(TileBlock* block)
    {
        MemoryRegions memory = MemoryRegions.OfBlock(block, 32 * block->RowStrips);
        new TileInterpreter(_multiply, memory).Run((ulong)block);
    }

    public void Peak(long iterations) => new TileInterpreter(_peak, new MemoryRegions()).Run((ulong)iterations);
}
