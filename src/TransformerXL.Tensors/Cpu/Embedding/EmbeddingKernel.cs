using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.Embedding;

/// <summary>Rows of a table by token id, scaled and dropped: y_t = dropout(scale * E[id_t]).</summary>
internal unsafe struct EmbeddingArguments
{
    public int Rows, Columns;
    public int* Ids;
    public float* Table;

    /// <summary>A table of bfloat16, used instead of <see cref="Table"/>.</summary>
    public ushort* Bfloat16Table;

    public float Scale;
    public DropoutMask Dropout;
}

/// <inheritdoc cref="EmbeddingArguments"/>
internal static unsafe class EmbeddingKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 64;

    public static void Forward(CpuBackend backend, in EmbeddingArguments arguments, float* output)
    {
        ForwardBody body = new(arguments, output);
        backend.Team.Run((arguments.Rows + Chunk - 1) / Chunk, ref body);
    }

    /// <summary>table += the gradient of each row at its id, in the order of the rows.</summary>
    public static void Backward(CpuBackend backend, in EmbeddingArguments arguments, float* outputGradient, float* tableGradient)
    {
        BackwardBody body = new(arguments, outputGradient, tableGradient);
        backend.Team.Run((arguments.Columns + Chunk - 1) / Chunk, ref body);
    }

    private readonly struct ForwardBody(EmbeddingArguments arguments, float* output) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int columns = arguments.Columns, end = Math.Min(arguments.Rows, (task + 1) * Chunk);
            for (int row = task * Chunk; row < end; row++)
            {
                float* y = output + ((nint)row * columns);
                nint first = (nint)arguments.Ids[row] * columns;
                float* x = arguments.Table + first;
                if (arguments.Bfloat16Table != null)
                {
                    Bfloat16Rows.Widen(arguments.Bfloat16Table + first, y, columns);
                    x = y;
                }

                ElementwiseKernel<TSimd, TVector>.Scale(y, x, arguments.Scale, columns);
                if (arguments.Dropout.IsActive)
                {
                    DropoutKernel<TSimd, TVector>.Apply(arguments.Dropout, (long)row * columns, y, y, columns);
                }
            }
        }
    }

    /// <summary>A task is a range of columns, so that equal ids never meet in two tasks.</summary>
    private readonly struct BackwardBody(EmbeddingArguments arguments, float* outputGradient, float* tableGradient) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int first = task * Chunk, count = Math.Min(Chunk, arguments.Columns - first);
            float* dropped = stackalloc float[Chunk];
            for (int row = 0; row < arguments.Rows; row++)
            {
                long position = ((long)row * arguments.Columns) + first;
                float* gradient = outputGradient + position;
                if (arguments.Dropout.IsActive)
                {
                    DropoutKernel<TSimd, TVector>.Apply(arguments.Dropout, position, gradient, dropped, count);
                    gradient = dropped;
                }

                float* destination = tableGradient + ((nint)arguments.Ids[row] * arguments.Columns) + first;
                ElementwiseKernel<TSimd, TVector>.AddScaled(destination, gradient, arguments.Scale, count);
            }
        }
    }
}
