using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>Muon's step on many matrices. Each matrix is the task of one thread, so that no thread waits within its small products.</summary>
/// <inheritdoc cref="MuonArguments"/>
internal static unsafe class MuonKernel<TSimd, TVector, TMicro>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    /// <summary>Updates the first <paramref name="count"/> matrices; entries with the default value are skipped. The largest should come first.</summary>
    public static void Step(CpuBackend backend, MuonArguments[] matrices, int count)
    {
        long scratch = 0;
        foreach (ref readonly MuonArguments matrix in matrices.AsSpan(0, count))
        {
            scratch = Math.Max(scratch, NewtonSchulz<TSimd, TVector, TMicro>.ScratchSize(matrix.Rows, matrix.Columns));
        }

        backend.ReserveWorkerScratch(scratch);
        Body body = new(backend, matrices);
        backend.Team.Run(count, ref body);
    }

    private readonly struct Body(CpuBackend backend, MuonArguments[] matrices) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            MuonArguments matrix = matrices[task];
            nint count = (nint)matrix.Rows * matrix.Columns;
            if (matrix.KeepsValue)
            {
                UpdateBody<TSimd, TVector, MeanUpdate>.Apply(new MeanUpdate(matrix), 0, count);
                return;
            }

            float* update = backend.WorkerScratch(worker);
            UpdateBody<TSimd, TVector, Update>.Apply(new Update(matrix, update), 0, count);
            NewtonSchulz<TSimd, TVector, TMicro>.Add(matrix.Value, -matrix.Constants.StepSize, matrix.Rows, matrix.Columns, update);
        }
    }

    /// <summary>Updates the mean; gives it and the share of the gradient in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TVector Mean, TVector Share) MeanOf(in MuonArguments matrix, nint at, int lanes)
    {
        TVector share = TSimd.Multiply(Lanes<TSimd, TVector>.Load(matrix.Gradient + at, lanes), TSimd.Broadcast(matrix.Constants.GradientScale * matrix.Constants.OneMinusMomentum));
        TVector mean = TSimd.MultiplyAdd(TSimd.Broadcast(matrix.Constants.Momentum), Lanes<TSimd, TVector>.Load(matrix.Mean + at, lanes), share);
        Lanes<TSimd, TVector>.Store(matrix.Mean + at, mean, lanes);
        return (mean, share);
    }

    /// <summary>The mean alone.</summary>
    private readonly struct MeanUpdate(MuonArguments matrix) : IUpdate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes) => MeanOf(matrix, at, lanes);
    }

    /// <summary>The mean, where momentum leads, and the decay of the values.</summary>
    private readonly struct Update(MuonArguments matrix, float* update) : IUpdate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes)
        {
            TVector momentum = TSimd.Broadcast(matrix.Constants.Momentum), x = Lanes<TSimd, TVector>.Load(matrix.Value + at, lanes);
            (TVector mean, TVector g) = MeanOf(matrix, at, lanes);
            Lanes<TSimd, TVector>.Store(update + at, TSimd.MultiplyAdd(momentum, mean, g), lanes);
            Lanes<TSimd, TVector>.Store(matrix.Value + at, TSimd.MultiplyAdd(x, TSimd.Broadcast(-matrix.Constants.Shrinkage), x), lanes);
        }
    }
}
