using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>y = y * scale where the gate is above zero, else 0, shared by the team.</summary>
internal readonly unsafe struct GateBody<TSimd, TVector>(float* y, float* gate, float scale, long count) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1 << 14;

    public int Tasks => (int)((count + Chunk - 1) / Chunk);

    public void Invoke(int task, int worker)
    {
        nint offset = (nint)task * Chunk;
        ElementwiseKernel<TSimd, TVector>.GateRow(y + offset, gate + offset, scale, (int)Math.Min(Chunk, count - offset));
    }
}
