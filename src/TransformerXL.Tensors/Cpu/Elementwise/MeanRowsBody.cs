using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>
/// The mean over time of each stream, one task for each: y_b = sum of x_tb / length_b over the first length_b rows, all where
/// no lengths are given; zero for a stream without rows.
/// </summary>
internal readonly unsafe struct MeanRowsBody<TSimd, TVector>(float* x, int* lengths, float* y, int times, int streams, int columns) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public void Invoke(int task, int worker)
    {
        int length = lengths == null ? times : lengths[task];
        float* mean = y + ((nint)task * columns);
        new Span<float>(mean, columns).Clear();
        for (int time = 0; time < length; time++)
        {
            float* row = x + ((((nint)time * streams) + task) * columns);
            ElementwiseKernel<TSimd, TVector>.Sum(mean, mean, row, columns);
        }

        ElementwiseKernel<TSimd, TVector>.Scale(mean, mean, 1f / Math.Max(1, length), columns);
    }
}

/// <summary>The backward pass: dx_tb = or += dy_b / length_b, and nothing for rows beyond the length.</summary>
internal readonly unsafe struct MeanRowsGradientBody<TSimd, TVector>(float* outputGradient, int* lengths, float* gradient, int times, int streams, int columns, bool add) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public void Invoke(int task, int worker)
    {
        int length = lengths == null ? times : lengths[task];
        float* mean = outputGradient + ((nint)task * columns);
        float share = 1f / Math.Max(1, length);
        for (int time = 0; time < times; time++)
        {
            float* row = gradient + ((((nint)time * streams) + task) * columns);
            if (time >= length)
            {
                if (!add)
                {
                    new Span<float>(row, columns).Clear();
                }
            }
            else if (add)
            {
                ElementwiseKernel<TSimd, TVector>.AddScaled(row, mean, share, columns);
            }
            else
            {
                ElementwiseKernel<TSimd, TVector>.Scale(row, mean, share, columns);
            }
        }
    }
}
