using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>y = f(u) v of all rows, or its gradient if there is one of y, shared by the team.</summary>
internal readonly unsafe struct GatedBody<TSimd, TVector>(GatingFunction function, float* x, float* y, float* outputGradient, float* gradient, int rows, int columns, bool add) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int ChunkFloats = 1 << 13;

    private readonly int _chunk = Math.Max(1, ChunkFloats / columns);

    public int Tasks => (rows + _chunk - 1) / _chunk;

    public void Invoke(int task, int worker)
    {
        int first = task * _chunk, end = Math.Min(rows, first + _chunk);
        for (nint row = first; row < end; row++)
        {
            if (outputGradient == null)
            {
                GatedKernel<TSimd, TVector>.Row(function, x + (row * 2 * columns), y + (row * columns), columns);
            }
            else
            {
                GatedKernel<TSimd, TVector>.RowGradient(function, x + (row * 2 * columns), outputGradient + (row * columns), gradient + (row * 2 * columns), columns, add);
            }
        }
    }
}
