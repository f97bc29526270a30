using System.Numerics;
using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>The machine code for 8 bits, run by an interpreter that lets it touch only the memory which a block names.</summary>
internal sealed unsafe class InterpretedInt8 : IInt8Unit
{
    private readonly byte[] _multiply = VectorProductCode.EmitMultiply(VectorProduct.Int8), _peak = VectorProductCode.EmitPeak(VectorProduct.Int8);
    private readonly byte[][] _few = [.. Enumerable.Range(0, 4).Select(power => VectorProductCode.EmitMultiplyFew(1 << power))];

    public string Name => "avx512-vnni";

    public long PeakOperations => VectorProductCode.PeakOperations(VectorProduct.Int8);

    public void Multiply(TileBlock* block) => new TileInterpreter(_multiply, MemoryRegions.OfBlock(block, 32 * block->RowStrips)).Run((ulong)block);

    public void MultiplyFew(TileBlock* block, int rows)
    {
        uint computed = BitOperations.RoundUpToPowerOf2((uint)rows);

        // The lanes of one tile: whoever asks for lanes that do not exist, has room for them.
        new TileInterpreter(_few[BitOperations.Log2(computed)], MemoryRegions.OfBlock(block, computed)).Run((ulong)block);
    }

    public void Peak(long iterations) => new TileInterpreter(_peak, new MemoryRegions()).Run((ulong)iterations);
}
