using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <inheritdoc cref="LambArguments"/>
internal static unsafe class LambKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>The maximum of a parameter's norm.</summary>
    private const double LargestNorm = 10;

    public static void Step(CpuBackend backend, in LambArguments arguments)
    {
        int chunks = UpdateBody<TSimd, TVector, Move>.Chunks(arguments.Count);
        float* sums = backend.SharedScratch(2L * chunks);
        MomentBody body = new(arguments, sums);
        backend.Team.Run(chunks, ref body);
        double trust = Trust(sums, chunks, arguments.Constants.Epsilon);
        Move move = new(arguments, (float)(arguments.Constants.LearningRate * trust));
        UpdateBody<TSimd, TVector, Move>.Run(backend, move, arguments.Count);
    }

    private static double Trust(float* sums, int chunks, double epsilon)
    {
        double values = 0, updates = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            values += sums[2 * chunk];
            updates += sums[(2 * chunk) + 1];
        }

        double norm = Math.Min(Math.Sqrt(values), LargestNorm), updateNorm = Math.Sqrt(updates);
        return norm == 0 || updateNorm == 0 ? 1 : norm / (updateNorm + epsilon);
    }

    /// <summary>Computing u twice is cheaper than storing it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Direction(in LambArguments arguments, TVector x, TVector first, TVector second)
    {
        TVector step = TSimd.Divide(first, TSimd.Add(TSimd.Sqrt(second), TSimd.Broadcast(arguments.Constants.Epsilon)));
        return TSimd.MultiplyAdd(x, TSimd.Broadcast(arguments.Constants.WeightDecay), step);
    }

    /// <summary>The moments, and the sums of squares of the values and of the updates of each chunk.</summary>
    private readonly struct MomentBody(LambArguments arguments, float* sums) : IParallelBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int task, int worker)
        {
            nint offset = (nint)task * UpdateBody<TSimd, TVector, Move>.Chunk;
            int count = (int)Math.Min(UpdateBody<TSimd, TVector, Move>.Chunk, arguments.Count - offset);
            TVector values = TSimd.Zero, updates = TSimd.Zero;
            for (int i = 0; i < count; i += TSimd.Count)
            {
                Add(offset + i, Math.Min(TSimd.Count, count - i), ref values, ref updates);
            }

            sums[2 * task] = TSimd.Sum(values);
            sums[(2 * task) + 1] = TSimd.Sum(updates);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Add(nint at, int lanes, ref TVector values, ref TVector updates)
        {
            float* m = arguments.FirstMoment + at, v = arguments.SecondMoment + at;
            TVector x = Lanes<TSimd, TVector>.Load(arguments.Value + at, lanes);
            TVector g = TSimd.Multiply(Lanes<TSimd, TVector>.Load(arguments.Gradient + at, lanes), TSimd.Broadcast(arguments.Constants.GradientScale));
            TVector first = TSimd.Multiply(Lanes<TSimd, TVector>.Load(m, lanes), TSimd.Broadcast(arguments.Constants.Beta1));
            first = TSimd.MultiplyAdd(g, TSimd.Broadcast(arguments.Constants.OneMinusBeta1), first);
            TVector second = TSimd.Multiply(Lanes<TSimd, TVector>.Load(v, lanes), TSimd.Broadcast(arguments.Constants.Beta2));
            second = TSimd.MultiplyAdd(TSimd.Multiply(g, g), TSimd.Broadcast(arguments.Constants.OneMinusBeta2), second);
            Lanes<TSimd, TVector>.Store(m, first, lanes);
            Lanes<TSimd, TVector>.Store(v, second, lanes);
            TVector update = Direction(arguments, x, first, second);
            values = TSimd.MultiplyAdd(x, x, values);
            updates = TSimd.MultiplyAdd(update, update, updates);
        }
    }

    private readonly struct Move(LambArguments arguments, float stepSize) : IUpdate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes)
        {
            TVector x = Lanes<TSimd, TVector>.Load(arguments.Value + at, lanes);
            TVector first = Lanes<TSimd, TVector>.Load(arguments.FirstMoment + at, lanes);
            TVector second = Lanes<TSimd, TVector>.Load(arguments.SecondMoment + at, lanes);
            TVector update = Direction(arguments, x, first, second);
            Lanes<TSimd, TVector>.Store(arguments.Value + at, TSimd.MultiplyAdd(update, TSimd.Broadcast(-stepSize), x), lanes);
        }
    }
}
