using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Simd;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>The widths of whole numbers against one number at a time, also those that this processor lacks and that the runtime replaces.</summary>
public sealed unsafe class IntegerSimdTests
{
    private const int Stride = 96;

    [Fact]
    public void Every_width_sums_products_exactly()
    {
        int[] expected = Sums<Integer1, int>();
        Assert.Equal(Stride * 127 * 127, expected[0]);
        Assert.Equal(expected, Sums<Integer128, Vector128<int>>());
        if (System.Runtime.Intrinsics.X86.Avx2.IsSupported)
        {
            Assert.Equal(expected, Sums<Integer256, Vector256<int>>());
            Assert.Equal(expected, Sums<Integer512, Vector512<int>>());
        }

        if (System.Runtime.Intrinsics.X86.AvxVnni.IsSupported)
        {
            Assert.Equal(expected, Sums<Integer256Vnni, Vector256<int>>());
        }
    }

    [Fact]
    public void Products_by_halves_are_those_by_pairs()
    {
        System.Random random = new(8);
        for (int round = 0; round < 100; round++)
        {
            short[] a = Numbers(random, 8), b = Numbers(random, 8);
            Vector128<int> sums = Integer128.MultiplyHalves(Vector128.Create(a).AsInt32(), Vector128.Create(b).AsInt32(), Vector128.Create(1, 2, 3, 4));
            Assert.Equal(10 + a.Zip(b, (p, q) => p * q).Sum(), Vector128.Sum(sums));
        }
    }

    [Fact]
    public void Every_width_widens_bfloat16_alike()
    {
        ushort[] source = [.. Enumerable.Range(0, 65536 / 16).Select(i => (ushort)((i * 16) + (i % 16)))];
        Check<Simd1, float>();
        Check<Simd128, Vector128<float>>();
        Check<Simd256, Vector256<float>>();
        Check<Simd512, Vector512<float>>();

        void Check<TSimd, TVector>()
            where TSimd : struct, ISimd<TVector>
            where TVector : unmanaged
        {
            uint* lanes = stackalloc uint[16];
            fixed (ushort* from = source)
            {
                for (int i = 0; i <= source.Length - TSimd.Count; i += TSimd.Count)
                {
                    TSimd.Store((float*)lanes, TSimd.LoadBfloat16(from + i));
                    for (int lane = 0; lane < TSimd.Count; lane++)
                    {
                        Assert.Equal((uint)source[i + lane] << 16, lanes[lane]);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(203)]
    public void What_is_narrowed_and_widened_is_the_nearest_bfloat16(int count)
    {
        float[] values = [.. Enumerable.Range(0, count).Select(i => MathF.Sin(i) * MathF.Pow(10, (i % 60) - 30))];
        ushort[] narrow = new ushort[count + 1];
        float[] wide = new float[count + 1];
        (narrow[count], wide[count]) = (7, 7);
        fixed (float* from = values, to = wide)
        {
            fixed (ushort* bits = narrow)
            {
                Bfloat16Rows.Narrow(from, bits, count);
                Bfloat16Rows.Widen(bits, to, count);
            }
        }

        Assert.Equal([.. values.Select(Bfloat16.Round), 7], wide);
        Assert.Equal(7, narrow[count]);
    }

    /// <summary>Four rows with eight, as tiles and one by one; the first row and the first output are the largest magnitudes.</summary>
    private static int[] Sums<TWhole, TVector>()
        where TWhole : struct, IIntegerSimd<TVector>
        where TVector : unmanaged
    {
        System.Random random = new(7);
        short[] x = Numbers(random, 4 * Stride);
        sbyte[] weight = [.. Numbers(random, 8 * Stride).Select(value => (sbyte)value)];
        x.AsSpan(0, Stride).Fill(-127);
        weight.AsSpan(0, Stride).Fill(-127);
        int[] together = new int[32], alone = new int[32];
        fixed (short* rows = x)
        {
            fixed (sbyte* outputs = weight)
            {
                fixed (int* four = together, three = alone)
                {
                    Int8Dots<TWhole, TVector>.Multiply(4, rows, outputs, Stride, four);
                    Int8Dots<TWhole, TVector>.Multiply(3, rows, outputs, Stride, three);
                    Int8Dots<TWhole, TVector>.Multiply(1, rows + (3 * Stride), outputs, Stride, three + 24);
                }
            }
        }

        Assert.Equal(together, alone);
        return together;
    }

    private static short[] Numbers(System.Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (short)random.Next(-127, 128))];
}
