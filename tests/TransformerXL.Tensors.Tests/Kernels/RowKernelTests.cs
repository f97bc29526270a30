using System.Runtime.InteropServices;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Embedding;
using TransformerXL.Tensors.Cpu.LayerNorm;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>Kernels that work row by row, at every length of a row, between guards.</summary>
public sealed unsafe class RowKernelTests(Backends backends) : KernelTheory(backends)
{
    private const int Rows = 3;

    [Theory]
    [MemberData(nameof(Isas))]
    public void Layer_norm_equals_the_oracle_at_every_length(Isa isa)
    {
        for (int columns = 1; columns <= LongestRow; columns++)
        {
            RandomValues random = new($"norm {columns}");
            float[] x = random.Normal(Rows * columns, 3), residual = random.Normal(Rows * columns), gain = random.Normal(columns), bias = random.Normal(columns);
            using GuardedBuffer input = Buffer(x), added = Buffer(residual), gains = Buffer(gain), biases = Buffer(bias);
            using GuardedBuffer sum = new(x.Length, 3), mean = new(Rows), inverse = new(Rows), output = new(x.Length, 1);
            LayerNormArguments arguments = new()
            {
                Rows = Rows,
                Columns = columns,
                Input = input.First,
                Residual = added.First,
                Dropout = new DropoutMask(0.1f, 5, 6, 7),
                Epsilon = 1e-5f,
                Gain = gains.First,
                Bias = biases.First,
                Sum = sum.First,
                Mean = mean.First,
                InverseDeviation = inverse.First,
                Output = output.First,
            };
            Kernels(isa).LayerNormForward(arguments);
            double[] expected = LayerNormOracle.Forward(Doubles(x), Doubles(residual), Doubles(gain), Doubles(bias), new DropoutOracle(0.1f, 5, 6, 7));
            AssertClose(output, expected, columns, 1, $"{columns}");
            Assert.True(sum.IsIntact && mean.IsIntact && inverse.IsIntact, $"{columns}: wrote outside");
            AssertBackwardStaysInside(isa, arguments, columns);
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void A_large_mean_does_not_spoil_the_variance_of_layer_norm(Isa isa)
    {
        const int columns = 100;
        float[] x = Array.ConvertAll(new RandomValues("shifted").Normal(columns), value => value + 1000);
        float[] gain = new float[columns], bias = new float[columns];
        Array.Fill(gain, 1);
        using GuardedBuffer input = Buffer(x), gains = Buffer(gain), biases = Buffer(bias), statistics = new(2), output = new(columns);
        LayerNormArguments arguments = new()
        {
            Rows = 1,
            Columns = columns,
            Input = input.First,
            Epsilon = 1e-5f,
            Gain = gains.First,
            Bias = biases.First,
            Sum = input.First,
            Mean = statistics.First,
            InverseDeviation = statistics.First + 1,
            Output = output.First,
        };
        Kernels(isa).LayerNormForward(arguments);
        double[] expected = LayerNormOracle.Forward(Doubles(x), null, Doubles(gain), Doubles(bias), DropoutOracle.None);
        string? mismatch = Tolerance.Mismatch(output.Span, expected, 3e-4, 1);
        Assert.True(mismatch is null, mismatch);
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Embedding_equals_the_oracle_at_every_length(Isa isa)
    {
        int[] ids = [2, 0, 2];
        for (int columns = 1; columns <= LongestRow; columns++)
        {
            RandomValues random = new($"embedding {columns}");
            float[] table = random.Normal(Rows * columns), gradient = random.Normal(ids.Length * columns);
            using GuardedBuffer rows = Buffer(table), output = new(gradient.Length, 2), outputGradient = Buffer(gradient);
            using GuardedBuffer tableGradient = new(table.Length, 3);
            tableGradient.Span.Clear();
            fixed (int* first = ids)
            {
                EmbeddingArguments arguments = new() { Rows = ids.Length, Columns = columns, Ids = first, Table = rows.First, Scale = 1.5f };
                Kernels(isa).EmbeddingForward(arguments, output.First);
                Kernels(isa).EmbeddingBackward(arguments, outputGradient.First, tableGradient.First);
            }

            AssertClose(output, EmbeddingOracle.Forward(Doubles(table), ids, columns, 1.5, DropoutOracle.None), 1, 1, $"{columns}");
            double[] expected = new double[table.Length];
            for (int i = 0; i < gradient.Length; i++)
            {
                expected[(ids[i / columns] * columns) + (i % columns)] += 1.5 * gradient[i];
            }

            AssertClose(tableGradient, expected, ids.Length, 1, $"{columns}, backward");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Adam_equals_the_oracle_at_every_length(Isa isa)
    {
        AdamOracle oracle = new(0.01, 0.5, 0.75, 1e-6, 0, 1);
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"adam {count}");
            float[] x = random.Normal(count), g = random.Normal(count), m = random.Normal(count), v = Array.ConvertAll(random.Normal(count), Math.Abs);
            using GuardedBuffer value = Buffer(x), gradient = Buffer(g), first = Buffer(m), second = Buffer(v);
            AdamArguments arguments = new()
            {
                Count = count,
                Value = value.First,
                Gradient = gradient.First,
                FirstMoment = first.First,
                SecondMoment = second.First,
                Constants =
                {
                    GradientScale = 1,
                    Beta1 = 0.5f,
                    Beta2 = 0.75f,
                    Epsilon = 1e-6f,
                    OneMinusBeta1 = 0.5f,
                    OneMinusBeta2 = 0.25f,
                    StepSize = 0.02f,
                    SecondMomentScale = 2,
                },
            };
            Kernels(isa).AdamStep(arguments);
            var expected = Enumerable.Range(0, count).Select(i => oracle.Step(x[i], g[i], m[i], v[i], 1)).ToArray();
            AssertClose(value, [.. expected.Select(e => e.Value)], 1, 1, $"{count}");
            AssertClose(first, [.. expected.Select(e => e.FirstMoment)], 1, 1, $"{count}, first moment");
            AssertClose(second, [.. expected.Select(e => e.SecondMoment)], 1, 1, $"{count}, second moment");
            Assert.True(gradient.IsIntact && Bits.Equal(g, gradient.Span), $"{count}: the gradient was changed");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Adam_with_moments_in_bfloat16_has_the_bits_of_the_scalar_form_at_every_length(Isa isa)
    {
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"moments {count}");
            float[] x = random.Normal(count), g = random.Normal(count), words = new float[count];
            float[] m = random.Normal(count), v = Array.ConvertAll(random.Normal(count), Math.Abs);
            for (int i = 0; i < count; i++)
            {
                words[i] = Simd1.JoinBfloat16(m[i], v[i], (uint)i);
            }

            using GuardedBuffer value = Buffer(x), gradient = Buffer(g), moments = Buffer(words), expected = Buffer(x), expectedMoments = Buffer(words);
            AdamConstants constants = RoundedStep(count);
            Kernels(isa).AdamStep(new AdamArguments { Count = count, Value = value.First, Gradient = gradient.First, Moments = MomentPrecision.Bfloat16, FirstMoment = moments.First, Constants = constants });
            Kernels(Isa.Scalar).AdamStep(new AdamArguments { Count = count, Value = expected.First, Gradient = gradient.First, Moments = MomentPrecision.Bfloat16, FirstMoment = expectedMoments.First, Constants = constants });
            Assert.True(Bits.Equal(expected.Span, value.Span) && Bits.Equal(expectedMoments.Span, moments.Span), $"{count}");
            Assert.True(value.IsIntact && moments.IsIntact && gradient.IsIntact, $"{count}: wrote outside");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Adam_with_moments_of_8_bits_and_values_in_bfloat16_has_the_bits_of_the_scalar_form_at_every_length(Isa isa)
    {
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"short {count}");
            float[] x = Shorts(random.Normal(count)), g = random.Normal(count), words = Shorts(random.Normal(count));
            using GuardedBuffer value = Buffer(x), gradient = Buffer(g), moments = Buffer(words), expected = Buffer(x), expectedMoments = Buffer(words);
            AdamArguments arguments = new() { Count = count, Gradient = gradient.First, Moments = MomentPrecision.Float8, Constants = RoundedStep(count) };
            Kernels(isa).AdamStep(arguments with { Bfloat16Value = (ushort*)value.First, FirstMoment = moments.First });
            Kernels(Isa.Scalar).AdamStep(arguments with { Bfloat16Value = (ushort*)expected.First, FirstMoment = expectedMoments.First });
            Assert.True(Bits.Equal(expected.Span, value.Span) && Bits.Equal(expectedMoments.Span, moments.Span), $"{count}");
            Assert.True(value.IsIntact && moments.IsIntact && gradient.IsIntact, $"{count}: wrote outside");
            Assert.True(count == 0 || !Bits.Equal(x, value.Span), $"{count}: nothing moved");
        }
    }

    /// <summary>The constants of a step whose results are rounded at random.</summary>
    private static AdamConstants RoundedStep(int count) => new()
    {
        GradientScale = 0.5f,
        WeightDecay = 0.01f,
        Shrinkage = 0.02f,
        Beta1 = 0.9f,
        Beta2 = 0.99f,
        Epsilon = 1e-6f,
        OneMinusBeta1 = 0.1f,
        OneMinusBeta2 = 0.01f,
        StepSize = 0.02f,
        SecondMomentScale = 2,
        RoundingSeed = (uint)count * 7919,
    };

    /// <summary>Half as many words, each of two bfloat16; the last one of an odd number has one that nothing reads or writes.</summary>
    private static float[] Shorts(float[] values) => [.. values.Chunk(2).Select(pair => Simd1.JoinBfloat16(pair[^1], pair[0], 0))];

    /// <summary>m and v after a step from what an earlier step of other gradients left: the mean over many seeds is that of float32, within the noise of the rounding.</summary>
    [Theory]
    [InlineData(0.003f, 0.25f, -0.1f)]
    [InlineData(-1e-5f, 3e-4f, 2e-5f)]
    [InlineData(2f, -1.5f, 0.7f)]
    public void Moments_of_8_bits_are_exact_in_the_mean(float first, float second, float third)
    {
        const int Count = 200_000;
        using GuardedBuffer value = new(Count), gradient = new(Count), moments = new(Count / 2);
        value.Span.Clear();
        moments.Span.Clear();
        double m = 0, v = 0;
        foreach ((float g, int step) in new[] { first, second, third }.Select((g, i) => (g, i + 1)))
        {
            gradient.Span.Fill(g);
            Kernels(CpuBackend.Best).AdamStep(new AdamArguments
            {
                Count = Count,
                Value = value.First,
                Gradient = gradient.First,
                Moments = MomentPrecision.Float8,
                FirstMoment = moments.First,
                Constants = { GradientScale = 1, Beta1 = 0.9f, Beta2 = 0.999f, OneMinusBeta1 = 0.1f, OneMinusBeta2 = 0.001f, Epsilon = 1e-8f, RoundingSeed = (uint)step * 0x9E37_79B9 },
            });
            (m, v) = ((0.9 * m) + (0.1 * g), (0.999 * v) + (0.001 * g * g));
        }

        double meanM = 0, meanV = 0;
        foreach (ushort word in MemoryMarshal.Cast<float, ushort>(moments.Span))
        {
            double of = BitConverter.UInt32BitsToSingle((uint)(word & 0xFF) << 21) * Math.Pow(2, 75);
            meanV += of / Count;
            meanM += BitConverter.UInt32BitsToSingle(((uint)(word & 0x7F00) << 12) | ((uint)(word & 0x8000) << 16)) * Math.Pow(2, 115) * Math.Sqrt(of) / Count;
        }

        Assert.Equal(m, meanM, 0.002 * Math.Abs(m));
        Assert.Equal(v, meanV, 0.002 * v);
    }

    /// <summary>Gradients that 8 bits cannot hold count as none, or as the largest.</summary>
    [Theory]
    [InlineData(1e-12f, 0)]
    [InlineData(0f, 0)]
    [InlineData(1e6f, 3584)]
    [InlineData(-1e6f, 3584)]
    public void Moments_of_8_bits_end_at_their_limits(float gradient, double expected)
    {
        float* value = stackalloc float[1], moments = stackalloc float[1];
        (*value, *moments) = (0, 0);
        Kernels(CpuBackend.Best).AdamStep(new AdamArguments
        {
            Count = 1,
            Value = value,
            Gradient = &gradient,
            Moments = MomentPrecision.Float8,
            FirstMoment = moments,
            Constants = { GradientScale = 1, Beta1 = 0.9f, Beta2 = 0.999f, OneMinusBeta1 = 0.1f, OneMinusBeta2 = 0.001f, Epsilon = 1e-8f, StepSize = 0.1f, SecondMomentScale = 31.6f },
        });
        Assert.Equal(expected, BitConverter.UInt32BitsToSingle((uint)(*(ushort*)moments & 0xFF) << 21) * Math.Pow(2, 75));
        Assert.True(float.IsFinite(*value));
    }

    /// <summary>The mean of many roundings is the value.</summary>
    [Theory]
    [InlineData(1.001f, 3.1415927f)]
    [InlineData(-1.0039f, 1e-12f)]
    [InlineData(1e-40f, 7e37f)]
    [InlineData(0.1f, 0.1f)]
    public void Random_rounding_takes_the_neighbours_of_a_value_and_is_exact_in_the_mean(float upper, float lower)
    {
        const int Trials = 100_000;
        (double Sum, SortedSet<float> Seen)[] results = [(0, []), (0, [])];
        for (uint seed = 0; seed < Trials; seed++)
        {
            float word = Simd1.JoinBfloat16(upper, lower, seed * 0x9E37_79B1);
            foreach ((int half, float value) in (ReadOnlySpan<(int, float)>)[(0, Simd1.UpperBfloat16(word)), (1, Simd1.LowerBfloat16(word))])
            {
                results[half].Sum += value / (double)Trials;
                results[half].Seen.Add(value);
            }
        }

        foreach ((float value, (double mean, SortedSet<float> seen)) in new[] { upper, lower }.Zip(results))
        {
            float down = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF_0000), up = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) & 0xFFFF_0000) + 0x1_0000);
            Assert.Equal(new[] { down, up }.Order(), seen);
            Assert.Equal(value, mean, 5 * Math.Abs(up - (double)down) / Math.Sqrt(Trials));
        }
    }

    [Theory]
    [InlineData(1.5f)]
    [InlineData(0f)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.NaN)]
    public void Random_rounding_keeps_what_bfloat16_holds(float value)
    {
        for (uint seed = 0; seed < 1000; seed++)
        {
            float word = Simd1.JoinBfloat16(value, -value, seed * 0x9E37_79B1);
            Assert.Equal((value, -value), (Simd1.UpperBfloat16(word), Simd1.LowerBfloat16(word)));
        }
    }

    private void AssertBackwardStaysInside(Isa isa, in LayerNormArguments arguments, int columns)
    {
        float[] gradient = new RandomValues("gradient").Normal(Rows * columns), zeros = new float[columns];
        using GuardedBuffer output = Buffer(gradient), input = new(gradient.Length, 2), residual = new(gradient.Length, 3);
        using GuardedBuffer gain = Buffer(zeros), bias = Buffer(zeros);
        LayerNormGradients gradients = new()
        {
            Output = output.First,
            Input = input.First,
            Residual = residual.First,
            Gain = gain.First,
            Bias = bias.First,
        };
        Kernels(isa).LayerNormBackward(arguments, gradients);
        foreach (GuardedBuffer buffer in new[] { input, residual, gain, bias })
        {
            Assert.True(buffer.IsIntact && !buffer.Span.ToArray().Any(float.IsNaN), $"{columns}: read or wrote outside");
        }

        double[] sums = [.. Enumerable.Range(0, columns).Select(j => Enumerable.Range(0, Rows).Sum(i => (double)gradient[(i * columns) + j]))];
        AssertClose(bias, sums, Rows, 1, $"{columns}, bias");
    }
}
