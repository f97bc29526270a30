using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>Divides an update into chunks for the team, and a chunk into vectors; the last vector may be partial.</summary>
internal readonly unsafe struct UpdateBody<TSimd, TVector, TUpdate>(TUpdate update, long count) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TUpdate : struct, IUpdate
{
    public const int Chunk = 1 << 14;

    public static void Run(CpuBackend backend, TUpdate update, long count)
    {
        UpdateBody<TSimd, TVector, TUpdate> body = new(update, count);
        backend.Team.Run(Chunks(count), ref body);
    }

    public static int Chunks(long count) => (int)((count + Chunk - 1) / Chunk);

    public void Invoke(int task, int worker)
    {
        nint offset = (nint)task * Chunk;
        Apply(update, offset, (nint)Math.Min(offset + Chunk, count));
    }

    /// <summary>Updates the values from one to before another on this thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(in TUpdate update, nint from, nint end)
    {
        nint i = from;
        for (; i <= end - TSimd.Count; i += TSimd.Count)
        {
            update.Apply(i, TSimd.Count);
        }

        if (i < end)
        {
            update.Apply(i, (int)(end - i));
        }
    }
}
