using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>The passes over one row of scores.</summary>
internal static unsafe class AttentionRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>scores += positions, both of one row; returns the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float AddPositions(float* scores, float* positions, int count)
    {
        int i = 0;
        float max = float.NegativeInfinity;
        if (count >= TSimd.Count)
        {
            TVector maxima = TSimd.Broadcast(float.NegativeInfinity);
            for (; i <= count - TSimd.Count; i += TSimd.Count)
            {
                TVector score = TSimd.Add(TSimd.Load(scores + i), TSimd.Load(positions + i));
                TSimd.Store(scores + i, score);
                maxima = TSimd.Max(score, maxima);
            }

            max = TSimd.MaxAcross(maxima);
        }

        for (; i < count; i++)
        {
            scores[i] += positions[i];
            max = scores[i] > max ? scores[i] : max;
        }

        return max;
    }

    /// <summary>The largest of a row.</summary>
    public static float Max(float* scores, int count)
    {
        int i = 0;
        float max = float.NegativeInfinity;
        if (count >= TSimd.Count)
        {
            TVector maxima = TSimd.Broadcast(float.NegativeInfinity);
            for (; i <= count - TSimd.Count; i += TSimd.Count)
            {
                maxima = TSimd.Max(TSimd.Load(scores + i), maxima);
            }

            max = TSimd.MaxAcross(maxima);
        }

        for (; i < count; i++)
        {
            max = scores[i] > max ? scores[i] : max;
        }

        return max;
    }

    /// <summary>scores = exp(scores - offset); returns the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentiate(float* scores, float offset, int count)
    {
        TVector shift = TSimd.Broadcast(offset);
        TVector sum = TSimd.Zero;
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TVector value = VectorMath<TSimd, TVector>.Exp(TSimd.Subtract(TSimd.Load(scores + i), shift));
            TSimd.Store(scores + i, value);
            sum = TSimd.Add(sum, value);
        }

        float total = TSimd.Sum(sum);
        if (i < count)
        {
            float* rest = stackalloc float[TSimd.Count];
            TVector value = VectorMath<TSimd, TVector>.Exp(TSimd.Subtract(TSimd.LoadPartial(scores + i, count - i), shift));
            TSimd.Store(rest, value);
            for (int lane = 0; i < count; i++, lane++)
            {
                scores[i] = rest[lane];
                total += rest[lane];
            }
        }

        return total;
    }

    /// <summary>d score = probability * (kept * d probability - weighted), where kept holds probability after dropout.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreGradient(float* probability, float* kept, float* gradient, float weighted, int count)
    {
        TVector minus = TSimd.Broadcast(-weighted);
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TVector mean = TSimd.Multiply(TSimd.Load(probability + i), minus);
            TSimd.Store(gradient + i, TSimd.MultiplyAdd(TSimd.Load(kept + i), TSimd.Load(gradient + i), mean));
        }

        for (; i < count; i++)
        {
            gradient[i] = MathF.FusedMultiplyAdd(kept[i], gradient[i], probability[i] * -weighted);
        }
    }

    /// <summary>y = (x + bias) * scale.</summary>
    public static void Biased(float* y, float* x, float* bias, float scale, int count)
    {
        int i = 0;
        TVector factor = TSimd.Broadcast(scale);
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(y + i, TSimd.Multiply(TSimd.Add(TSimd.Load(x + i), TSimd.Load(bias + i)), factor));
        }

        for (; i < count; i++)
        {
            y[i] = (x[i] + bias[i]) * scale;
        }
    }

    /// <summary>scores += value.</summary>
    public static void Shift(float* scores, float value, int count)
    {
        int i = 0;
        TVector shift = TSimd.Broadcast(value);
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(scores + i, TSimd.Add(TSimd.Load(scores + i), shift));
        }

        for (; i < count; i++)
        {
            scores[i] += value;
        }
    }

    /// <summary>The sum of a row.</summary>
    public static float Sum(float* values, int count)
    {
        TVector sum = TSimd.Zero;
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            sum = TSimd.Add(TSimd.Load(values + i), sum);
        }

        float total = TSimd.Sum(sum);
        for (; i < count; i++)
        {
            total += values[i];
        }

        return total;
    }

    public static float Dot(float* a, float* b, int count)
    {
        TVector sum = TSimd.Zero;
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            sum = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), sum);
        }

        float total = TSimd.Sum(sum);
        for (; i < count; i++)
        {
            total = MathF.FusedMultiplyAdd(a[i], b[i], total);
        }

        return total;
    }
}
