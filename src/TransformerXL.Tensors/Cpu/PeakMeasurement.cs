using System.Diagnostics;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Peak;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu;

/// <summary>Peaks for comparison with other kernels: arithmetic without memory accesses, and memory bandwidth without arithmetic.</summary>
public static class PeakMeasurement
{
    private const double SecondsPerRound = 0.05;

    private const long MinReadBytes = 256L << 20, MaxReadBytes = 4L << 30;

    /// <summary>
    /// Runs fused multiply-adds between registers on all threads of the backend, with its instruction set, and returns the
    /// fastest of several rounds in 10^9 floating-point operations per second (a multiplication with an addition counts two).
    /// </summary>
    /// <param name="backend">Threads and instruction set.</param>
    /// <param name="duration">The duration; at least three rounds of a twentieth of a second are run.</param>
    /// <param name="precision">The precision of the factors: if the backend has a unit for bfloat16 or 8 bits, the unit's peak is measured instead.</param>
    public static double Gigaflops(CpuBackend backend, TimeSpan duration, Precision precision = Precision.Float32)
    {
        ArgumentNullException.ThrowIfNull(backend);
        using BackendUse use = backend.Enter();
        ITiles? unit = precision switch
        {
            Precision.Bfloat16 => backend.Tiles,
            Precision.Int8 => backend.Int8Tiles,
            _ => null,
        };
        if (unit is { } tiles)
        {
            return Measure(backend, duration, iterations => new TilePeakKernel(tiles, iterations), tiles.PeakOperations);
        }

        return backend.Isa switch
        {
            Isa.Avx512 => MeasureVectors<Simd512, Vector512<float>>(backend, duration),
            Isa.Avx2 => MeasureVectors<Simd256, Vector256<float>>(backend, duration),
            Isa.Vector128 => MeasureVectors<Simd128, Vector128<float>>(backend, duration),
            _ => MeasureVectors<Simd1, float>(backend, duration),
        };
    }

    /// <summary>
    /// Reads 256 MiB, or four times the third-level caches of the machine if that is more (on Linux, up to 4 GiB and a quarter of the memory), again and again from beginning to
    /// end on all threads of the backend, and returns the fastest round in 10^9 bytes per second.
    /// </summary>
    /// <param name="backend">Threads and instruction set.</param>
    /// <param name="duration">The duration; at least three rounds are run.</param>
    public static double ReadGigabytes(CpuBackend backend, TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(backend);
        using BackendUse use = backend.Enter();
        return backend.Isa switch
        {
            Isa.Avx512 => MeasureRead<Simd512, Vector512<float>>(backend, duration),
            Isa.Avx2 => MeasureRead<Simd256, Vector256<float>>(backend, duration),
            Isa.Vector128 => MeasureRead<Simd128, Vector128<float>>(backend, duration),
            _ => MeasureRead<Simd1, float>(backend, duration),
        };
    }

    private static unsafe double MeasureRead<TSimd, TVector>(CpuBackend backend, TimeSpan duration)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        long caches = Math.Min(4 * ThirdLevelCache.TotalBytes(), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
        Tensor data = Tensor.Allocate(new Shape((int)(Math.Clamp(caches, MinReadBytes, MaxReadBytes) / sizeof(float))));
        int tasks = backend.Threads * 8;

        // Pages that were never written are all the same page of zeros, which would be read from the caches.
        FillKernel fill = new(data.Pointer, data.Count, tasks);
        backend.Team.Run(tasks, ref fill);
        ReadKernel<TSimd, TVector> kernel = new(data.Pointer, data.Count, tasks);
        double best = 0;
        long begin = Stopwatch.GetTimestamp();
        for (int round = 0; round < 3 || Stopwatch.GetElapsedTime(begin) < duration; round++)
        {
            long start = Stopwatch.GetTimestamp();
            backend.Team.Run(tasks, ref kernel);
            best = Math.Max(best, data.Count * (double)sizeof(float) / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }

        data.KeepAlive();
        return best;
    }

    private static double MeasureVectors<TSimd, TVector>(CpuBackend backend, TimeSpan duration)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged =>
        Measure(backend, duration, iterations => new PeakKernel<TSimd, TVector>(iterations), PeakKernel<TSimd, TVector>.OperationsPerIteration);

    private static double Measure<TKernel>(CpuBackend backend, TimeSpan duration, Func<int, TKernel> create, long operations)
        where TKernel : struct, IParallelBody
    {
        const int FirstIterations = 1 << 14, MaxIterations = 1 << 30;

        // Several tasks for each thread, so that a worker that wakes late leaves no processor idle at the end.
        int tasks = backend.Threads * 8, iterations = FirstIterations;
        double best = 0;
        long begin = Stopwatch.GetTimestamp();
        for (int round = 0; round < 3 || Stopwatch.GetElapsedTime(begin) < duration; round++)
        {
            double seconds = Round(backend, tasks, create(iterations));
            best = Math.Max(best, (double)tasks * iterations * operations / seconds / 1e9);
            if (seconds < SecondsPerRound)
            {
                iterations = (int)Math.Min(MaxIterations, iterations * Math.Max(1, SecondsPerRound / seconds));
            }
        }

        return best;
    }

    private static double Round<TKernel>(CpuBackend backend, int tasks, TKernel kernel)
        where TKernel : struct, IParallelBody
    {
        long begin = Stopwatch.GetTimestamp();
        backend.Team.Run(tasks, ref kernel);
        return Math.Max(1e-9, Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }
}
