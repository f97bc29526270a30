using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>y = f(u) v for a row of u beside v, f being a <see cref="GatingFunction"/>, and its gradient.</summary>
internal static unsafe class GatedKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>y_i = f(u_i) v_i: x is u beside v.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(GatingFunction function, float* x, float* y, int count)
    {
        for (int i = 0; i < count; i += TSimd.Count)
        {
            int lanes = Math.Min(TSimd.Count, count - i);
            TVector u = Lanes<TSimd, TVector>.Load(x + i, lanes), v = Lanes<TSimd, TVector>.Load(x + count + i, lanes);
            Lanes<TSimd, TVector>.Store(y + i, TSimd.Multiply(function == GatingFunction.Gelu ? GeluKernel<TSimd, TVector>.Gelu(u) : Silu(u, out _), v), lanes);
        }
    }

    /// <summary>du_i = or += dy_i v_i f'(u_i), dv_i = or += dy_i f(u_i): x is u beside v, the gradient that of u beside that of v.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RowGradient(GatingFunction function, float* x, float* dy, float* gradient, int count, bool add)
    {
        for (int i = 0; i < count; i += TSimd.Count)
        {
            int lanes = Math.Min(TSimd.Count, count - i);
            TVector u = Lanes<TSimd, TVector>.Load(x + i, lanes), v = Lanes<TSimd, TVector>.Load(x + count + i, lanes), d = Lanes<TSimd, TVector>.Load(dy + i, lanes);
            TVector value = function == GatingFunction.Gelu ? Gelu(u, out TVector slope) : Silu(u, out slope);
            Write(gradient + i, TSimd.Multiply(TSimd.Multiply(d, v), slope), lanes, add);
            Write(gradient + count + i, TSimd.Multiply(d, value), lanes, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(float* destination, TVector value, int lanes, bool add) =>
        Lanes<TSimd, TVector>.Store(destination, add ? TSimd.Add(Lanes<TSimd, TVector>.Load(destination, lanes), value) : value, lanes);

    /// <summary>x s with s = sigmoid(x); the slope is s + x s (1 - s).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Silu(TVector x, out TVector slope)
    {
        TVector s = VectorMath<TSimd, TVector>.Sigmoid(x), value = TSimd.Multiply(x, s);
        slope = TSimd.MultiplyAdd(value, TSimd.Subtract(TSimd.Broadcast(1f), s), s);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Gelu(TVector x, out TVector slope)
    {
        slope = GeluKernel<TSimd, TVector>.Derivative(x);
        return GeluKernel<TSimd, TVector>.Gelu(x);
    }
}
