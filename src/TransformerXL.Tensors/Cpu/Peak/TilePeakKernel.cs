using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Cpu.Peak;

/// <summary>Products of bfloat16 between tiles only.</summary>
internal readonly struct TilePeakKernel(ITiles tiles, int iterations) : IParallelBody
{
    public void Invoke(int task, int worker) => tiles.Peak(iterations);
}
