using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Softmax;

/// <summary>The softmax of each row, forward and backward.</summary>
internal static unsafe class SoftmaxKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 16;

    /// <summary>y = exp(x - max x), divided by its sum.</summary>
    public static void Forward(CpuBackend backend, float* x, float* y, int rows, int columns)
    {
        ForwardBody body = new(x, y, rows, columns);
        backend.Team.Run((rows + Chunk - 1) / Chunk, ref body);
    }

    /// <summary>dx = or += y (dy - sum(dy y)).</summary>
    public static void Backward(CpuBackend backend, float* y, float* outputGradient, float* gradient, int rows, int columns, bool add)
    {
        BackwardBody body = new(y, outputGradient, gradient, rows, columns, add);
        backend.Team.Run((rows + Chunk - 1) / Chunk, ref body);
    }

    private readonly struct ForwardBody(float* x, float* y, int rows, int columns) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int end = Math.Min(rows, (task + 1) * Chunk);
            for (int row = task * Chunk; row < end; row++)
            {
                float* values = y + ((nint)row * columns);
                new Span<float>(x + ((nint)row * columns), columns).CopyTo(new Span<float>(values, columns));
                float sum = AttentionRows<TSimd, TVector>.Exponentiate(values, AttentionRows<TSimd, TVector>.Max(values, columns), columns);
                ElementwiseKernel<TSimd, TVector>.Scale(values, values, 1 / sum, columns);
            }
        }
    }

    private readonly struct BackwardBody(float* y, float* outputGradient, float* gradient, int rows, int columns, bool add) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int end = Math.Min(rows, (task + 1) * Chunk);
            for (int row = task * Chunk; row < end; row++)
            {
                nint offset = (nint)row * columns;
                Row(y + offset, outputGradient + offset, gradient + offset);
            }
        }

        private void Row(float* probability, float* from, float* to)
        {
            TVector weighted = TSimd.Broadcast(AttentionRows<TSimd, TVector>.Dot(probability, from, columns));
            for (int i = 0; i < columns; i += TSimd.Count)
            {
                int lanes = Math.Min(TSimd.Count, columns - i);
                TVector change = TSimd.Multiply(
                    Lanes<TSimd, TVector>.Load(probability + i, lanes), TSimd.Subtract(Lanes<TSimd, TVector>.Load(from + i, lanes), weighted));
                Lanes<TSimd, TVector>.Store(to + i, add ? TSimd.Add(Lanes<TSimd, TVector>.Load(to + i, lanes), change) : change, lanes);
            }
        }
    }
}
