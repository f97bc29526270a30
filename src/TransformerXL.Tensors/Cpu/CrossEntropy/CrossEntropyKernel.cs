using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.CrossEntropy;

/// <summary>Softmax cross-entropy, one block of the vocabulary at a time, with a running log-sum-exp (Milakov and Gimelshein 2018).</summary>
internal static unsafe class CrossEntropyKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 8;

    /// <summary>Updates the running maximum, sum and target logit with a tile. The logits do not change.</summary>
    public static void Accumulate(CpuBackend backend, in LogitTile tile)
    {
        backend.ReserveWorkerScratch(tile.Columns);
        AccumulateBody body = new(backend, tile);
        backend.Team.Run((tile.Rows + Chunk - 1) / Chunk, ref body);
    }

    /// <summary>logit = (softmax - [token = target]) * scale, where Maximum + log Sum is the log-sum-exp of the whole row.</summary>
    public static void Gradient(CpuBackend backend, in LogitTile tile, float scale)
    {
        GradientBody body = new(tile, scale);
        backend.Team.Run((tile.Rows + Chunk - 1) / Chunk, ref body);
    }

    private readonly struct AccumulateBody(CpuBackend backend, LogitTile tile) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            float* values = backend.WorkerScratch(worker);
            int end = Math.Min(tile.Rows, (task + 1) * Chunk), columns = tile.Columns;
            for (int row = task * Chunk; row < end; row++)
            {
                float* logits = tile.Logits + ((nint)row * columns);
                float before = tile.FirstToken == 0 ? float.NegativeInfinity : tile.Maximum[row];
                float maximum = MathF.Max(before, Max(logits, columns));
                new Span<float>(logits, columns).CopyTo(new Span<float>(values, columns));
                float sum = AttentionRows<TSimd, TVector>.Exponentiate(values, maximum, columns);
                tile.Sum[row] = sum + (tile.FirstToken == 0 ? 0 : tile.Sum[row] * PortableMath.Exp(before - maximum));
                tile.Maximum[row] = maximum;
                uint target = (uint)(tile.Targets[row] - tile.FirstToken);
                if (target < (uint)columns)
                {
                    tile.TargetLogit[row] = logits[target];
                }
            }
        }

        private static float Max(float* x, int count)
        {
            float max = float.NegativeInfinity;
            int i = 0;
            if (count >= TSimd.Count)
            {
                TVector maxima = TSimd.Load(x);
                for (; i <= count - TSimd.Count; i += TSimd.Count)
                {
                    maxima = TSimd.Max(TSimd.Load(x + i), maxima);
                }

                max = TSimd.MaxAcross(maxima);
            }

            for (; i < count; i++)
            {
                max = x[i] > max ? x[i] : max;
            }

            return max;
        }
    }

    private readonly struct GradientBody(LogitTile tile, float scale) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int end = Math.Min(tile.Rows, (task + 1) * Chunk), columns = tile.Columns;
            for (int row = task * Chunk; row < end; row++)
            {
                float* logits = tile.Logits + ((nint)row * columns);
                float logSumExp = tile.Maximum[row] + PortableMath.Log(tile.Sum[row]) - PortableMath.Log(MathF.Abs(scale));
                AttentionRows<TSimd, TVector>.Exponentiate(logits, logSumExp, columns);
                if (scale < 0)
                {
                    ElementwiseKernel<TSimd, TVector>.Scale(logits, logits, -1, columns);
                }

                uint target = (uint)(tile.Targets[row] - tile.FirstToken);
                if (target < (uint)columns)
                {
                    logits[target] -= scale;
                }
            }
        }
    }
}
