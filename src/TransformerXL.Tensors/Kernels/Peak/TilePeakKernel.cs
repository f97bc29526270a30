using TransformerXL.Tensors.Kernels.Tiles;
using TransformerXL.Tensors.Parallel;

namespace TransformerXL.Tensors.Kernels.Peak;

/// <summary>Products of bfloat16 between tiles only.</summary>
internal readonly struct TilePeakKernel(ITiles tiles, int iterations) : IParallelBody
{
    public void Invoke(int task, int worker) => tiles.Peak(iterations);
}
