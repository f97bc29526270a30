using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.ScatterRows;

/// <summary>Rows to places of a larger matrix, scaled and dropped: y[position_n] = dropout(scale * x_n); no two positions are the same.</summary>
internal unsafe struct ScatterRowsArguments
{
    public int Rows, Columns;
    public int* Positions;
    public float Scale;
    public DropoutMask Dropout;
}

/// <inheritdoc cref="ScatterRowsArguments"/>
internal static unsafe class ScatterRowsKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 16;

    public static void Forward(CpuBackend backend, in ScatterRowsArguments arguments, float* input, float* output)
    {
        ForwardBody body = new(arguments, input, output);
        backend.Team.Run((arguments.Rows + Chunk - 1) / Chunk, ref body);
    }

    /// <summary>inputGradient += the gradient of each row's place.</summary>
    public static void Backward(CpuBackend backend, in ScatterRowsArguments arguments, float* outputGradient, float* inputGradient)
    {
        backend.ReserveWorkerScratch(arguments.Columns);
        BackwardBody body = new(backend, arguments, outputGradient, inputGradient);
        backend.Team.Run((arguments.Rows + Chunk - 1) / Chunk, ref body);
    }

    private readonly struct ForwardBody(ScatterRowsArguments arguments, float* input, float* output) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int columns = arguments.Columns, end = Math.Min(arguments.Rows, (task + 1) * Chunk);
            for (int row = task * Chunk; row < end; row++)
            {
                long place = (long)arguments.Positions[row] * columns;
                float* y = output + place;
                ElementwiseKernel<TSimd, TVector>.Scale(y, input + ((nint)row * columns), arguments.Scale, columns);
                if (arguments.Dropout.IsActive)
                {
                    DropoutKernel<TSimd, TVector>.Apply(arguments.Dropout, place, y, y, columns);
                }
            }
        }
    }

    private readonly struct BackwardBody(CpuBackend backend, ScatterRowsArguments arguments, float* outputGradient, float* inputGradient) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            float* dropped = backend.WorkerScratch(worker);
            int columns = arguments.Columns, end = Math.Min(arguments.Rows, (task + 1) * Chunk);
            for (int row = task * Chunk; row < end; row++)
            {
                long place = (long)arguments.Positions[row] * columns;
                float* gradient = outputGradient + place;
                if (arguments.Dropout.IsActive)
                {
                    DropoutKernel<TSimd, TVector>.Apply(arguments.Dropout, place, gradient, dropped, columns);
                    gradient = dropped;
                }

                ElementwiseKernel<TSimd, TVector>.AddScaled(inputGradient + ((nint)row * columns), gradient, arguments.Scale, columns);
            }
        }
    }
}
