using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>y_tb = x_tb + row_t for all streams b; one task for each time t.</summary>
internal readonly unsafe struct AddRowsBody<TSimd, TVector>(float* x, float* rows, float* y, int streams, int columns) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public void Invoke(int task, int worker)
    {
        float* row = rows + ((nint)task * columns);
        for (int stream = 0; stream < streams; stream++)
        {
            nint offset = (((nint)task * streams) + stream) * columns;
            ElementwiseKernel<TSimd, TVector>.Sum(y + offset, x + offset, row, columns);
        }
    }
}
