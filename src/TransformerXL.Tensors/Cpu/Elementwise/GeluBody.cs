using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>y = dropout(GELU(x)), or backward y = dropout(y) GELU'(x), shared by the team.</summary>
internal readonly unsafe struct GeluBody<TSimd, TVector>(float* y, float* x, DropoutMask mask, long count, bool isBackward) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1 << 13;

    public int Tasks => (int)((count + Chunk - 1) / Chunk);

    public void Invoke(int task, int worker)
    {
        nint offset = (nint)task * Chunk;
        int part = (int)Math.Min(Chunk, count - offset);
        if (!isBackward)
        {
            GeluKernel<TSimd, TVector>.Apply(x + offset, y + offset, part);
        }

        if (mask.IsActive)
        {
            DropoutKernel<TSimd, TVector>.Apply(mask, offset, y + offset, y + offset, part);
        }

        if (isBackward)
        {
            GeluKernel<TSimd, TVector>.MultiplyByDerivative(y + offset, x + offset, part);
        }
    }
}
