using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>y = or += f(a, b) over a run of values, shared by the team.</summary>
internal readonly unsafe struct FunctionBody<TSimd, TVector>(ElementwiseFunction function, float* a, float* b, float* y, long count, bool add) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1 << 12;

    public int Tasks => (int)((count + Chunk - 1) / Chunk);

    public void Invoke(int task, int worker)
    {
        nint at = (nint)task * Chunk, end = (nint)Math.Min(at + Chunk, count);
        for (; at < end; at += TSimd.Count)
        {
            int lanes = (int)Math.Min(TSimd.Count, end - at);
            TVector value = Apply(Lanes<TSimd, TVector>.Load(a + at, lanes), Lanes<TSimd, TVector>.Load(b + at, lanes));
            Lanes<TSimd, TVector>.Store(y + at, add ? TSimd.Add(Lanes<TSimd, TVector>.Load(y + at, lanes), value) : value, lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Apply(TVector x, TVector other) => function switch
    {
        ElementwiseFunction.Product => TSimd.Multiply(x, other),
        ElementwiseFunction.Tanh => VectorMath<TSimd, TVector>.Tanh(x),
        ElementwiseFunction.TanhGradient => TSimd.Multiply(x, TSimd.Subtract(TSimd.Broadcast(1f), TSimd.Multiply(other, other))),
        ElementwiseFunction.Sigmoid => VectorMath<TSimd, TVector>.Sigmoid(x),
        _ => TSimd.Multiply(TSimd.Multiply(x, other), TSimd.Subtract(TSimd.Broadcast(1f), other)),
    };
}
