using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Peak;

/// <summary>Reads memory from beginning to end, each task its own part, with just enough arithmetic to use the values.</summary>
internal readonly unsafe struct ReadKernel<TSimd, TVector>(float* data, long count, int tasks) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Vectors = 8;

    public void Invoke(int task, int worker)
    {
        long blocks = count / (Vectors * TSimd.Count), first = blocks * task / tasks, end = blocks * (task + 1) / tasks;
        Read(data + (first * Vectors * TSimd.Count), end - first);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Read(float* source, long blocks)
    {
        TVector c0 = TSimd.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        for (long block = 0; block < blocks; block++, source += Vectors * TSimd.Count)
        {
            c0 = TSimd.Add(c0, TSimd.Load(source));
            c1 = TSimd.Add(c1, TSimd.Load(source + TSimd.Count));
            c2 = TSimd.Add(c2, TSimd.Load(source + (2 * TSimd.Count)));
            c3 = TSimd.Add(c3, TSimd.Load(source + (3 * TSimd.Count)));
            c4 = TSimd.Add(c4, TSimd.Load(source + (4 * TSimd.Count)));
            c5 = TSimd.Add(c5, TSimd.Load(source + (5 * TSimd.Count)));
            c6 = TSimd.Add(c6, TSimd.Load(source + (6 * TSimd.Count)));
            c7 = TSimd.Add(c7, TSimd.Load(source + (7 * TSimd.Count)));
        }

        TVector even = TSimd.Add(TSimd.Add(c0, c2), TSimd.Add(c4, c6)), odd = TSimd.Add(TSimd.Add(c1, c3), TSimd.Add(c5, c7));
        return TSimd.Sum(TSimd.Add(even, odd));
    }
}
