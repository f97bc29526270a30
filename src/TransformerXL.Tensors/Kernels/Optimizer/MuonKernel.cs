using TransformerXL.Tensors.Kernels.MatrixProduct;
using TransformerXL.Tensors.Kernels.Simd;
using TransformerXL.Tensors.Parallel;

namespace TransformerXL.Tensors.Kernels.Optimizer;

/// <summary>Muon's step on many matrices. Each is the task of one thread, so that nobody waits within the small products of one.</summary>
/// <inheritdoc cref="MuonArguments"/>
internal static unsafe class MuonKernel<TSimd, TVector, TMicro>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    /// <summary>Moves the matrices; those without rows are left out. The largest should come first.</summary>
    public static void Step(CpuBackend backend, MuonArguments[] matrices)
    {
        long scratch = 0;
        foreach (MuonArguments matrix in matrices)
        {
            scratch = Math.Max(scratch, NewtonSchulz<TSimd, TVector, TMicro>.ScratchSize(matrix.Rows, matrix.Columns));
        }

        backend.ReserveWorkerScratch(scratch);
        Body body = new(backend, matrices);
        backend.Team.Run(matrices.Length, ref body);
    }

    private readonly struct Body(CpuBackend backend, MuonArguments[] matrices) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            MuonArguments matrix = matrices[task];
            nint count = (nint)matrix.Rows * matrix.Columns;
            float* update = backend.WorkerScratch(worker);
            UpdateBody<TSimd, TVector, Mean>.Apply(new Mean(matrix, update), 0, count);
            float* direction = NewtonSchulz<TSimd, TVector, TMicro>.Run(matrix.Rows, matrix.Columns, update);
            UpdateBody<TSimd, TVector, Move>.Apply(new Move(matrix, direction), 0, count);
        }
    }

    private readonly struct Mean(MuonArguments matrix, float* update) : IUpdate
    {
        public void Apply(nint at, int lanes)
        {
            TVector momentum = TSimd.Broadcast(matrix.Momentum);
            TVector g = TSimd.Multiply(Lanes<TSimd, TVector>.Load(matrix.Gradient + at, lanes), TSimd.Broadcast(matrix.GradientScale * matrix.OneMinusMomentum));
            TVector mean = TSimd.MultiplyAdd(momentum, Lanes<TSimd, TVector>.Load(matrix.Mean + at, lanes), g);
            Lanes<TSimd, TVector>.Store(matrix.Mean + at, mean, lanes);
            Lanes<TSimd, TVector>.Store(update + at, TSimd.MultiplyAdd(momentum, mean, g), lanes);
        }
    }

    private readonly struct Move(MuonArguments matrix, float* direction) : IUpdate
    {
        public void Apply(nint at, int lanes)
        {
            TVector x = Lanes<TSimd, TVector>.Load(matrix.Value + at, lanes);
            TVector moved = TSimd.MultiplyAdd(x, TSimd.Broadcast(-matrix.Shrinkage), x);
            moved = TSimd.MultiplyAdd(Lanes<TSimd, TVector>.Load(direction + at, lanes), TSimd.Broadcast(-matrix.StepSize), moved);
            Lanes<TSimd, TVector>.Store(matrix.Value + at, moved, lanes);
        }
    }
}
