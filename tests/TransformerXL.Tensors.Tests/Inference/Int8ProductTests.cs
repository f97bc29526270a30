using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Tests.Kernels.Tiles;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>Products in 8 bits against whole numbers rounded one by one, and against the exact product.</summary>
public sealed class Int8ProductTests(Backends backends) : IClassFixture<Backends>
{
    /// <summary>Every instruction set as it is, the widest without a unit for 8 bits, and the narrowest with the unit's code in an interpreter.</summary>
    private IEnumerable<CpuBackend> All(int threads) =>
    [
        .. Backends.Isas.Select(isa => backends.Get(isa, threads)),
        new CpuBackend(CpuBackend.Best, threads, tiles: null),
        new CpuBackend(Isa.Scalar, threads, tiles: null, new InterpretedInt8()),
    ];

    [Fact]
    public void The_unit_is_used_where_the_processor_has_it()
    {
        CpuBackend best = backends.Get(CpuBackend.Best);
        Assert.Equal(best.Isa == Isa.Avx512 && VectorInt8Unit.OfThisProcess is not null ? "avx512-vnni" : null, best.Int8Unit);
        Assert.Equal(VectorDetection.Has(VectorProduct.Int8), VectorInt8Unit.OfThisProcess is not null);
        Assert.Null(backends.Get(Isa.Scalar).Int8Unit);
    }

    [Fact]
    public void Every_size_around_the_tiles_gives_exact_sums_times_the_scales()
    {
        System.Random random = new(1);
        foreach (CpuBackend backend in All(2))
        {
            for (int depth = 1; depth <= 70; depth++)
            {
                Check(backend, random.Next(1, 12), depth, (depth % 27) + 1, (Activation)(depth % 3), depth % 2 == 0, random);
            }
        }

        foreach (CpuBackend backend in All(3))
        {
            foreach (int rows in (int[])[1, 3, 4, 5, 8, 9, 16, 17, 31, 32, 33, 63, 64, 65, 131])
            {
                Check(backend, rows, 96, 41, Activation.Relu, withBias: true, random);
            }

            // More than one part of the depth, and more strips than few rows have sums for at once.
            Check(backend, 40, 1100, 33, Activation.None, withBias: false, random);
            Check(backend, 2, 65, 1700, Activation.Gelu, withBias: true, random);
        }
    }

    [Fact]
    public void The_error_is_at_most_what_rounding_to_half_a_scale_makes_possible()
    {
        System.Random random = new(2);
        const int Rows = 5, Outputs = 19, Depth = 300;
        Tensor x = InferenceTensors.Random(random, new Shape(Rows, Depth)), w = InferenceTensors.Random(random, new Shape(Outputs, Depth)), y = Tensor.Allocate(new Shape(Rows, Outputs));
        backends.Get(CpuBackend.Best).Linear(x, new CpuInferenceWeight(w, Precision.Int8), default, y);
        for (int row = 0; row < Rows; row++)
        {
            float[] a = Row(x, row);
            double halfA = a.Max(MathF.Abs) / 254.0;
            for (int output = 0; output < Outputs; output++)
            {
                float[] b = Row(w, output);
                double halfB = b.Max(MathF.Abs) / 254.0, exact = a.Zip(b, (p, q) => (double)p * q).Sum();
                double bound = a.Zip(b, (p, q) => (Math.Abs(p) * halfB) + (Math.Abs(q) * halfA) + (halfA * halfB)).Sum();
                Assert.True(Math.Abs(y.Span[(row * Outputs) + output] - exact) < bound * 1.001, $"y({row}, {output})");
            }
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_among_others_with_any_number_of_threads_and_instruction_set()
    {
        System.Random random = new(3);
        const int Rows = 70, Outputs = 45, Depth = 67;
        Tensor x = InferenceTensors.Random(random, new Shape(Rows, Depth)), bias = InferenceTensors.Random(random, new Shape(Outputs));
        CpuInferenceWeight weight = new(InferenceTensors.Random(random, new Shape(Outputs, Depth)), Precision.Int8);
        float[] expected = Together(backends.Get(Isa.Scalar), Activation.Relu);
        foreach (int threads in (int[])[1, 2, 3])
        {
            foreach (CpuBackend backend in All(threads))
            {
                Assert.Equal(expected, Together(backend, Activation.Relu));
                Assert.Equal(InParts(backend, 1, Activation.Gelu), Together(backend, Activation.Gelu));
                Assert.Equal(expected, InParts(backend, 7, Activation.Relu));
                Assert.Equal(expected, InParts(backend, 13, Activation.Relu));
            }
        }

        float[] Together(CpuBackend backend, Activation activation) => InParts(backend, Rows, activation);

        float[] InParts(CpuBackend backend, int count, Activation activation)
        {
            Tensor y = Tensor.Allocate(new Shape(Rows, Outputs));
            for (int row = 0; row < Rows; row += count)
            {
                int part = Math.Min(count, Rows - row);
                backend.Linear(x.Slice(row, part), weight, bias, y.Slice(row, part), activation);
            }

            return y.Span.ToArray();
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_broken_value_on_either_side_is_not_hidden(float broken)
    {
        foreach (CpuBackend backend in All(1))
        {
            foreach (int place in (int[])[0, 21, 39])
            {
                Tensor x = InferenceTensors.Random(new System.Random(4), new Shape(1, 40)), w = InferenceTensors.Random(new System.Random(5), new Shape(9, 40)), y = Tensor.Allocate(new Shape(1, 9));
                x.Span[place] = broken;
                foreach (Activation activation in Enum.GetValues<Activation>())
                {
                    backend.Linear(x, new CpuInferenceWeight(w, Precision.Int8), default, y, activation);
                    Assert.All(y.Span.ToArray(), value => Assert.False(float.IsFinite(value), $"{activation}: {value}"));
                    backend.Linear(w.Slice(0, 1), new CpuInferenceWeight(x, Precision.Int8), default, y.Slice(0, 1).Reshape(new Shape(9)).Slice(0, 1), activation);
                    Assert.False(float.IsFinite(y.Span[0]));
                }
            }
        }
    }

    [Fact]
    public void Rows_of_zeros_give_the_bias_and_small_rows_are_as_exact_as_large_ones()
    {
        Tensor x = Tensor.From(new Shape(3, 2), [0, 0, 1e-20f, -1e-20f, 1e-35f, 0]), w = Tensor.From(new Shape(2, 2), [0, 0, 3e10f, -1e10f]);
        Tensor y = Tensor.Allocate(new Shape(3, 2));
        foreach (CpuBackend backend in All(1))
        {
            backend.Linear(x, new CpuInferenceWeight(w, Precision.Int8), Tensor.From(new Shape(2), [5, 7]), y);
            Assert.Equal([5, 7, 5, 7, 5, 7], y.Span.ToArray());
            backend.Linear(x, new CpuInferenceWeight(w, Precision.Int8), default, y);
            Assert.Equal(4e-10, y.Span[3], 4e-12);
        }
    }

    [Fact]
    public void The_longest_row_has_an_exact_sum_and_a_longer_one_is_refused()
    {
        int depth = InferenceWeight.MaxInt8Depth;
        Tensor x = Tensor.Allocate(new Shape(1, depth)), y = Tensor.Allocate(new Shape(1, 1));
        x.Span.Fill(-127);
        CpuInferenceWeight weight = new(x, Precision.Int8);
        foreach (CpuBackend backend in All(1))
        {
            y.Span.Fill(-1);
            backend.Linear(x, weight, default, y);
            Assert.Equal((float)(127.0 * 127.0 * depth), y.Span[0]);
        }

        ArgumentException refused = Assert.Throws<ArgumentException>(() => new CpuInferenceWeight(Tensor.Allocate(new Shape(1, depth + 1)), Precision.Int8));
        Assert.Contains($"{depth + 1} long, but at most {depth}", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new PackedWeight(backends.Get(CpuBackend.Best), new CpuInferenceWeight(x, Precision.Int8)));
    }

    [Fact]
    public void The_loss_of_a_vocabulary_in_pieces_is_that_of_the_whole()
    {
        System.Random random = new(6);
        const int Rows = 13, Words = 51;
        Tensor x = InferenceTensors.Random(random, new Shape(Rows, 24)), bias = InferenceTensors.Random(random, new Shape(Words));
        CpuInferenceWeight weight = new(InferenceTensors.Random(random, new Shape(Words, 24)), Precision.Int8);
        IndexTensor targets = IndexTensor.From([.. Enumerable.Range(0, Rows).Select(row => row * 50 / 12)]);
        foreach (CpuBackend backend in All(2))
        {
            float[] whole = new float[Rows], pieces = new float[Rows];
            backend.NegativeLogLikelihood(x, weight, bias, targets, Tensor.Allocate(new Shape(Rows * (Words + 3))), whole);
            backend.NegativeLogLikelihood(x, weight, bias, targets, Tensor.Allocate(new Shape(Rows * (3 + 40))), pieces);
            Assert.All(whole.Zip(pieces), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            Assert.Throws<ArgumentException>(() => backend.NegativeLogLikelihood(x, weight, bias, targets, Tensor.Allocate(new Shape(Rows * 34)), whole));
        }
    }

    private static void Check(CpuBackend backend, int rows, int depth, int outputs, Activation activation, bool withBias, System.Random random)
    {
        Tensor x = InferenceTensors.Random(random, new Shape(rows, depth)), w = InferenceTensors.Random(random, new Shape(outputs, depth));
        Tensor bias = withBias ? InferenceTensors.Random(random, new Shape(outputs)) : default;
        Tensor room = Tensor.Allocate(new Shape(rows + 2, outputs));
        room.Span.Fill(-77);
        backend.Linear(x, new CpuInferenceWeight(w, Precision.Int8), bias, room.Slice(1, rows), activation);
        Assert.All(room.Slice(0, 1).Span.ToArray().Concat(room.Slice(rows + 1, 1).Span.ToArray()), value => Assert.Equal(-77, value));
        for (int row = 0; row < rows; row++)
        {
            (int[] a, float scaleA) = Rounded(Row(x, row));
            for (int output = 0; output < outputs; output++)
            {
                (int[] b, float scaleB) = Rounded(Row(w, output));
                double expected = (a.Zip(b, (p, q) => p * q).Sum() * (double)scaleA * scaleB) + (withBias ? bias.Span[output] : 0);
                expected = ActivationOracle.Apply(activation, expected);
                float actual = room.Span[((row + 1) * outputs) + output];
                Assert.True(Math.Abs(actual - expected) < 2e-6 * Math.Max(1, Math.Abs(expected)), $"{backend.Isa}, {rows} x {depth} x {outputs}: y({row}, {output}) is {actual}, expected {expected}");
            }
        }
    }

    private static (int[] Whole, float Scale) Rounded(float[] row)
    {
        float most = row.Max(MathF.Abs), inverse = 127 / most;
        return ([.. row.Select(value => (int)MathF.Round(value * inverse, MidpointRounding.ToEven))], most / 127);
    }

    private static float[] Row(Tensor tensor, int row) => tensor.Slice(row, 1).Span.ToArray();
}
