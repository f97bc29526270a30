using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>row_t += the sum of x_tb over all streams b, in order; one task for each time t.</summary>
internal readonly unsafe struct SumStreamsBody<TSimd, TVector>(float* x, float* rows, int streams, int columns) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public void Invoke(int task, int worker)
    {
        for (int stream = 0; stream < streams; stream++)
        {
            float* source = x + ((((nint)task * streams) + stream) * columns);
            ElementwiseKernel<TSimd, TVector>.AddScaled(rows + ((nint)task * columns), source, 1, columns);
        }
    }
}
