using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>Simple loops over rows of floats.</summary>
internal static unsafe class ElementwiseKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>y = y * scale where gate is above zero, else 0: the backward pass of ReLU followed by dropout, by its output.</summary>
    public static void GateRow(float* y, float* gate, float scale, int count)
    {
        TVector factor = TSimd.Broadcast(scale);
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(y + i, TSimd.WhereAboveZero(TSimd.Load(gate + i), TSimd.Multiply(TSimd.Load(y + i), factor)));
        }

        for (; i < count; i++)
        {
            y[i] = gate[i] > 0 ? y[i] * scale : 0;
        }
    }

    /// <summary>y += x * scale.</summary>
    public static void AddScaled(float* y, float* x, float scale, int count)
    {
        TVector factor = TSimd.Broadcast(scale);
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(y + i, TSimd.MultiplyAdd(TSimd.Load(x + i), factor, TSimd.Load(y + i)));
        }

        for (; i < count; i++)
        {
            y[i] = MathF.FusedMultiplyAdd(x[i], scale, y[i]);
        }
    }

    /// <summary>y = x * scale.</summary>
    public static void Scale(float* y, float* x, float scale, int count)
    {
        TVector factor = TSimd.Broadcast(scale);
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(y + i, TSimd.Multiply(TSimd.Load(x + i), factor));
        }

        for (; i < count; i++)
        {
            y[i] = x[i] * scale;
        }
    }

    /// <summary>y = a + b.</summary>
    public static void Sum(float* y, float* a, float* b, int count)
    {
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(y + i, TSimd.Add(TSimd.Load(a + i), TSimd.Load(b + i)));
        }

        for (; i < count; i++)
        {
            y[i] = a[i] + b[i];
        }
    }
}
