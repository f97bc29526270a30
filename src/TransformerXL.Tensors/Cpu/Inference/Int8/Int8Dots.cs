using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>Sums of products of rows of X in 16 bits with a strip of <see cref="Int8Rows.Strip"/> rows of W in 8 bits; all exact.</summary>
internal static unsafe class Int8Dots
{
    /// <summary>Rows of X that are multiplied together.</summary>
    public const int Rows = 4;

    /// <summary>sums (count, 8) = X (count, stride) W^T, count from 1 to 4.</summary>
    public static void Multiply(Isa isa, int count, short* x, sbyte* weight, int stride, int* sums)
    {
        switch (isa)
        {
            case Isa.Avx512:
                Int8Dots<Integer512, Vector512<int>>.Multiply(count, x, weight, stride, sums);
                break;
            case Isa.Avx2 when AvxVnni.IsSupported:
                Int8Dots<Integer256Vnni, Vector256<int>>.Multiply(count, x, weight, stride, sums);
                break;
            case Isa.Avx2:
                Int8Dots<Integer256, Vector256<int>>.Multiply(count, x, weight, stride, sums);
                break;
            case Isa.Vector128:
                Int8Dots<Integer128, Vector128<int>>.Multiply(count, x, weight, stride, sums);
                break;
            default:
                Int8Dots<Integer1, int>.Multiply(count, x, weight, stride, sums);
                break;
        }
    }
}

/// <inheritdoc cref="Int8Dots"/>
internal static unsafe class Int8Dots<TWhole, TVector>
    where TWhole : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static void Multiply(int count, short* x, sbyte* weight, int stride, int* sums)
    {
        if (count == Int8Dots.Rows)
        {
            for (int output = 0; output < Int8Rows.Strip; output += 2, weight += 2 * (nint)stride)
            {
                FourByTwo(x, weight, stride, sums + output);
            }

            return;
        }

        for (int row = 0; row < count; row++, x += stride, sums += Int8Rows.Strip)
        {
            OneByEight(x, weight, stride, sums);
        }
    }

    /// <summary>Each value of W that is widened is used four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByTwo(short* x, sbyte* weight, int stride, int* sums)
    {
        short* x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride;
        sbyte* second = weight + stride;
        TVector a0 = TWhole.Zero, a1 = TWhole.Zero, a2 = TWhole.Zero, a3 = TWhole.Zero;
        TVector b0 = TWhole.Zero, b1 = TWhole.Zero, b2 = TWhole.Zero, b3 = TWhole.Zero;
        for (int k = 0; k < stride; k += TWhole.Count)
        {
            Prefetch.Fetch(weight + (Int8Rows.Strip * (nint)stride) + (2 * k), 2 * TWhole.Count);
            TVector a = TWhole.Widen(weight + k), b = TWhole.Widen(second + k);
            TVector value = TWhole.Load(x + k);
            a0 = TWhole.MultiplyAdd(value, a, a0);
            b0 = TWhole.MultiplyAdd(value, b, b0);
            value = TWhole.Load(x1 + k);
            a1 = TWhole.MultiplyAdd(value, a, a1);
            b1 = TWhole.MultiplyAdd(value, b, b1);
            value = TWhole.Load(x2 + k);
            a2 = TWhole.MultiplyAdd(value, a, a2);
            b2 = TWhole.MultiplyAdd(value, b, b2);
            value = TWhole.Load(x3 + k);
            a3 = TWhole.MultiplyAdd(value, a, a3);
            b3 = TWhole.MultiplyAdd(value, b, b3);
        }

        Vector128<long> above = TWhole.Sums(a0, b0, a1, b1).AsInt64(), below = TWhole.Sums(a2, b2, a3, b3).AsInt64();
        *(long*)sums = above[0];
        *(long*)(sums + Int8Rows.Strip) = above[1];
        *(long*)(sums + (2 * Int8Rows.Strip)) = below[0];
        *(long*)(sums + (3 * Int8Rows.Strip)) = below[1];
    }

    /// <summary>Bound by the memory that W comes from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneByEight(short* x, sbyte* weight, int stride, int* sums)
    {
        sbyte* w1 = weight + stride, w2 = w1 + stride, w3 = w2 + stride;
        sbyte* w4 = w3 + stride, w5 = w4 + stride, w6 = w5 + stride, w7 = w6 + stride;
        TVector s0 = TWhole.Zero, s1 = TWhole.Zero, s2 = TWhole.Zero, s3 = TWhole.Zero;
        TVector s4 = TWhole.Zero, s5 = TWhole.Zero, s6 = TWhole.Zero, s7 = TWhole.Zero;
        for (int k = 0; k < stride; k += TWhole.Count)
        {
            Prefetch.Fetch(weight + (Int8Rows.Strip * ((nint)stride + k)), Int8Rows.Strip * TWhole.Count);
            TVector value = TWhole.Load(x + k);
            s0 = TWhole.MultiplyAdd(value, TWhole.Widen(weight + k), s0);
            s1 = TWhole.MultiplyAdd(value, TWhole.Widen(w1 + k), s1);
            s2 = TWhole.MultiplyAdd(value, TWhole.Widen(w2 + k), s2);
            s3 = TWhole.MultiplyAdd(value, TWhole.Widen(w3 + k), s3);
            s4 = TWhole.MultiplyAdd(value, TWhole.Widen(w4 + k), s4);
            s5 = TWhole.MultiplyAdd(value, TWhole.Widen(w5 + k), s5);
            s6 = TWhole.MultiplyAdd(value, TWhole.Widen(w6 + k), s6);
            s7 = TWhole.MultiplyAdd(value, TWhole.Widen(w7 + k), s7);
        }

        TWhole.Sums(s0, s1, s2, s3).Store(sums);
        TWhole.Sums(s4, s5, s6, s7).Store(sums + 4);
    }
}
