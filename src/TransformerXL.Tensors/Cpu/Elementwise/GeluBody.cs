using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>y = y * GELU'(x), shared by the team.</summary>
internal readonly unsafe struct GeluBody<TSimd, TVector>(float* y, float* x, long count) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1 << 13;

    public int Tasks => (int)((count + Chunk - 1) / Chunk);

    public void Invoke(int task, int worker)
    {
        nint offset = (nint)task * Chunk;
        GeluKernel<TSimd, TVector>.MultiplyByDerivative(y + offset, x + offset, (int)Math.Min(Chunk, count - offset));
    }
}
