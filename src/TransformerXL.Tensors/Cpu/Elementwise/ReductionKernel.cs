using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>Sums over many values, in an order that depends on their number alone.</summary>
internal static unsafe class ReductionKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1 << 14;
    private const int ColumnChunk = 64;

    /// <summary>The sum of squares.</summary>
    public static double SumOfSquares(CpuBackend backend, float* x, long count)
    {
        int chunks = (int)((count + Chunk - 1) / Chunk);
        float* partials = backend.SharedScratch(chunks);
        SquaresBody body = new(x, count, partials);
        backend.Team.Run(chunks, ref body);
        double sum = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            sum += partials[chunk];
        }

        return sum;
    }

    /// <summary>y += the sum of the rows of x (rows, columns).</summary>
    public static void AddColumnSums(CpuBackend backend, float* x, int rows, int columns, float* y)
    {
        ColumnBody body = new(x, rows, columns, y);
        backend.Team.Run((columns + ColumnChunk - 1) / ColumnChunk, ref body);
    }

    private readonly struct SquaresBody(float* x, long count, float* partials) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            nint offset = (nint)task * Chunk;
            partials[task] = AttentionRows<TSimd, TVector>.Dot(x + offset, x + offset, (int)Math.Min(Chunk, count - offset));
        }
    }

    private readonly struct ColumnBody(float* x, int rows, int columns, float* y) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int first = task * ColumnChunk, count = Math.Min(ColumnChunk, columns - first);
            float* sums = stackalloc float[ColumnChunk];
            new Span<float>(sums, ColumnChunk).Clear();
            for (int row = 0; row < rows; row++)
            {
                ElementwiseKernel<TSimd, TVector>.Sum(sums, sums, x + ((nint)row * columns) + first, count);
            }

            ElementwiseKernel<TSimd, TVector>.Sum(y + first, y + first, sums, count);
        }
    }
}
