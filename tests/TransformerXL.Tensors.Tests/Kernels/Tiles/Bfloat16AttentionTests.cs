using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>Attention whose products a unit for bfloat16 computes, interpreted: values, gradients, edges and memory.</summary>
public sealed class Bfloat16AttentionTests
{
    private const int Streams = 2, Heads = 2;

    public static TheoryData<bool, int> Units
    {
        get
        {
            TheoryData<bool, int> units = [];
            for (int shape = 0; shape < Shapes.Length; shape++)
            {
                units.Add(false, shape);
                units.Add(true, shape);
            }

            return units;
        }
    }

    /// <summary>Sizes around strips of 32 and every kind of visibility.</summary>
    private static (int Queries, int Keys, int HeadSize, Visibility Visibility, float Dropout)[] Shapes =>
    [
        (1, 1, 24, Visibility.Causal(), 0),
        (33, 49, 41, Visibility.Causal(), 0.2f),
        (31, 64, 32, Visibility.Causal(4), 0),
        (70, 103, 64, Visibility.Causal(), 0),
        (17, 17, 33, Visibility.Bidirectional, 0),
        (40, 75, 25, Visibility.Window(3, 3, 0, 37, 74), 0.2f),
        (34, 40, 24, Visibility.Causal().WithLengths(new[] { 34, 5 }), 0),
        (9, 35, 65, Visibility.Cross, 0),
    ];

    [Theory]
    [MemberData(nameof(Units))]
    public void Results_are_those_of_float32_within_the_rounding_of_operands_and_nothing_outside_is_touched(bool isVector, int shape)
    {
        using CpuBackend unit = new(CpuBackend.Best, 1, new InterpretedTiles(isVector)), float32 = new(CpuBackend.Best, 1, tiles: null);
        float[][] expected = Run(float32, Shapes[shape]), actual = Run(unit, Shapes[shape]);
        for (int tensor = 0; tensor < expected.Length; tensor++)
        {
            float largest = expected[tensor].Select(MathF.Abs).Append(1e-4f).Max();
            for (int i = 0; i < expected[tensor].Length; i++)
            {
                float error = MathF.Abs(expected[tensor][i] - actual[tensor][i]);
                Assert.True(error <= 0.02f * largest, $"tensor {tensor}, value {i}: {actual[tensor][i]} instead of {expected[tensor][i]}, the largest is {largest}");
            }
        }

        // Some bit differs: the unit was used.
        Assert.Contains(expected.Zip(actual), pair => !Bits.Equal(pair.First, pair.Second));
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void The_number_of_threads_changes_no_bit(bool isVector, int shape)
    {
        InterpretedTiles tiles = new(isVector);
        using CpuBackend one = new(CpuBackend.Best, 1, tiles), three = new(CpuBackend.Best, 3, tiles);
        AssertEqual(Run(one, Shapes[shape]), Run(three, Shapes[shape]), "3 threads");
    }

    /// <summary>The last rows of the second stream do not exist; its results are those of the stream alone.</summary>
    [Fact]
    public void A_stream_has_the_same_bits_alone_and_padded()
    {
        using CpuBackend backend = new(CpuBackend.Best, 1, new InterpretedTiles(isVector: true));
        foreach (int length in new[] { 5, 32, 40 })
        {
            float[] padded = Run(backend, (40, 40, 32, Visibility.Causal().WithLengths(new[] { length, 40 }), 0))[0];
            float[] alone = Run(backend, (length, length, 32, Visibility.Causal(), 0), rowsOfInputs: 40)[0];
            for (int row = 0; row < length; row++)
            {
                int start = row * Streams * Heads * 32, count = Heads * 32;
                Assert.True(Bits.Equal(alone.AsSpan(start, count), padded.AsSpan(start, count)), $"length {length}, row {row}");
            }
        }
    }

    [SkippableFact]
    public void The_processor_gives_the_bits_of_the_interpreter()
    {
        Skip.If(VectorBfloat16Unit.OfThisProcess is null, "this processor has no AVX512_BF16");
        using CpuBackend real = new(Isa.Avx512, 1, VectorBfloat16Unit.OfThisProcess), interpreted = new(Isa.Avx512, 1, new InterpretedTiles(isVector: true));
        for (int shape = 0; shape < Shapes.Length; shape++)
        {
            AssertEqual(Run(interpreted, Shapes[shape]), Run(real, Shapes[shape]), $"shape {shape}");
        }
    }

    [Fact]
    public void Heads_that_fill_a_small_part_of_a_step_are_multiplied_as_float32()
    {
        using CpuBackend unit = new(CpuBackend.Best, 1, new InterpretedTiles()), float32 = new(CpuBackend.Best, 1, tiles: null);
        AssertEqual(Run(float32, (20, 30, 16, Visibility.Causal(), 0)), Run(unit, (20, 30, 16, Visibility.Causal(), 0)), "heads of 16");
    }

    private static void AssertEqual(float[][] expected, float[][] actual, string what)
    {
        for (int tensor = 0; tensor < expected.Length; tensor++)
        {
            Assert.True(Bits.Equal(expected[tensor], actual[tensor]), $"{what}: tensor {tensor}");
        }
    }

    /// <summary>Output, log-sum-exp and all gradients, between guards.</summary>
    private static unsafe float[][] Run(
        CpuBackend backend, (int Queries, int Keys, int HeadSize, Visibility Visibility, float Dropout) shape, int rowsOfInputs = 0)
    {
        (int queries, int keys, int size, Visibility visibility, float dropout) = shape;
        int width = Heads * size, rows = visibility.RelativeRows(queries, keys), inputRows = Math.Max(rowsOfInputs, keys);
        using GuardedBuffer query = Values("query", Math.Max(rowsOfInputs, queries) * Streams * width), key = Values("key", inputRows * Streams * width);
        using GuardedBuffer value = Values("value", inputRows * Streams * width), relative = Values("relative", Math.Max(rowsOfInputs, rows) * width);
        using GuardedBuffer u = Values("u", width), v = Values("v", width), outputGradient = Values("output", query.Count);
        int outputs = queries * Streams * width;
        using GuardedBuffer output = new(outputs, 1), logSumExp = new(new float[Streams * Heads * queries], 2), queryGradient = new(outputs, 3);
        using GuardedBuffer keyGradient = new(keys * Streams * width, 1), valueGradient = new(keys * Streams * width, 2), relativeGradient = new(rows * width, 3);
        using GuardedBuffer uGradient = new(new float[width], 1), vGradient = new(new float[width], 2);
        HeadRows Rows(GuardedBuffer buffer) => new(buffer.First, Streams * width, width);
        AttentionArguments arguments = new()
        {
            Queries = queries,
            Keys = keys,
            Streams = Streams,
            Heads = Heads,
            HeadSize = size,
            Visibility = visibility,
            Precision = Precision.Bfloat16,
            Query = Rows(query),
            Key = Rows(key),
            Value = Rows(value),
            Output = Rows(output),
            // The last rows of the table belong to the smallest distances.
            Relative = new HeadRows(rows == 0 ? null : relative.First + (Math.Max(0, rowsOfInputs - rows) * width), width, 0),
            ContentBias = u.First,
            PositionBias = v.First,
            LogSumExp = logSumExp.First,
            Dropout = new DropoutMask(dropout, 1, 2, 3),
        };
        AttentionGradients gradients = new()
        {
            Output = Rows(outputGradient),
            Query = Rows(queryGradient),
            Key = Rows(keyGradient),
            Value = Rows(valueGradient),
            Relative = rows == 0 ? null : relativeGradient.First,
            ContentBias = uGradient.First,
            PositionBias = vGradient.First,
        };
        backend.Kernels.AttentionForward(arguments);
        backend.Kernels.AttentionBackward(arguments, gradients);
        GuardedBuffer[] all = [output, logSumExp, queryGradient, keyGradient, valueGradient, relativeGradient, uGradient, vGradient];
        Assert.All(all.Concat([query, key, value, relative, u, v, outputGradient]), buffer => Assert.True(buffer.IsIntact, "wrote outside"));
        return [.. all.Select(buffer => buffer.Span.ToArray())];
    }

    /// <summary>Values that bfloat16 holds.</summary>
    private static GuardedBuffer Values(string name, int count) =>
        new([.. new RandomValues(name).Normal(count).Select(Bfloat16.Round)], count % 5);
}
