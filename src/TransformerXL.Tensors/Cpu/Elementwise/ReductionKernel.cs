using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>Sums over many values, in an order that depends on their number alone.</summary>
internal static unsafe class ReductionKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1 << 14, QuotientChunk = 1 << 10;
    private const int ColumnChunk = 64;

    /// <summary>The sum of the squares of x, or of x / (scale + epsilon) if there is a scale.</summary>
    public static double SumOfSquares(CpuBackend backend, float* x, float* scale, float epsilon, long count)
    {
        int chunks = (int)((count + Chunk - 1) / Chunk);
        float* partials = backend.SharedScratch(chunks);
        SquaresBody body = new(x, scale, epsilon, count, partials);
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

    private readonly struct SquaresBody(float* x, float* scale, float epsilon, long count, float* partials) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            nint offset = (nint)task * Chunk;
            int values = (int)Math.Min(Chunk, count - offset);
            partials[task] = scale == null ? AttentionRows<TSimd, TVector>.Dot(x + offset, x + offset, values) : SumOfQuotients(x + offset, scale + offset, values);
        }

        private float SumOfQuotients(float* values, float* scales, int length)
        {
            float* quotients = stackalloc float[QuotientChunk];
            float sum = 0;
            for (int first = 0; first < length; first += QuotientChunk)
            {
                int part = Math.Min(QuotientChunk, length - first);
                for (int i = 0; i < part; i += TSimd.Count)
                {
                    int lanes = Math.Min(TSimd.Count, part - i);
                    TVector divisor = TSimd.Add(Lanes<TSimd, TVector>.Load(scales + first + i, lanes), TSimd.Broadcast(epsilon));
                    Lanes<TSimd, TVector>.Store(quotients + i, TSimd.Divide(Lanes<TSimd, TVector>.Load(values + first + i, lanes), divisor), lanes);
                }

                sum += AttentionRows<TSimd, TVector>.Dot(quotients, quotients, part);
            }

            return sum;
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
