using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>destination = or += dropout(source) over a run of values, shared by the team.</summary>
internal readonly unsafe struct DropoutBody<TSimd, TVector>(DropoutMask mask, float* source, float* destination, long count, bool add) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1 << 12;

    public int Tasks => (int)((count + Chunk - 1) / Chunk);

    [SkipLocalsInit]
    public void Invoke(int task, int worker)
    {
        long position = (long)task * Chunk;
        int part = (int)Math.Min(Chunk, count - position);
        float* from = source + position;
        if (mask.IsActive)
        {
            float* dropped = stackalloc float[Chunk];
            DropoutKernel<TSimd, TVector>.Apply(mask, position, from, dropped, part);
            Write(dropped, destination + position, part);
        }
        else
        {
            Write(from, destination + position, part);
        }
    }

    private void Write(float* from, float* to, int part)
    {
        if (add)
        {
            ElementwiseKernel<TSimd, TVector>.Sum(to, to, from, part);
        }
        else
        {
            new Span<float>(from, part).CopyTo(new Span<float>(to, part));
        }
    }
}
