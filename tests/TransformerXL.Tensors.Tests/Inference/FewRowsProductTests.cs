using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>Products of a few rows, and of many by the same call, against sums in double.</summary>
public sealed class FewRowsProductTests
{
    [Fact]
    public void Every_depth_and_number_of_outputs_equals_the_sum_in_double()
    {
        System.Random random = new(1);
        foreach (Isa isa in InferenceTensors.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            for (int depth = 1; depth <= 70; depth++)
            {
                Check(backend, random.Next(1, 12), depth, (depth % 37) + 1, (Activation)(depth % 3), withBias: depth % 2 == 0, random);
            }

            Check(backend, 1, 2048, 203, Activation.None, withBias: true, random);
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_among_others_and_with_any_number_of_threads()
    {
        System.Random random = new(2);
        foreach (Isa isa in InferenceTensors.Isas)
        {
            Tensor x = InferenceTensors.Random(random, new Shape(8, 67)), weight = InferenceTensors.Random(random, new Shape(45, 67));
            Tensor together = Tensor.Allocate(new Shape(8, 45)), alone = Tensor.Allocate(new Shape(1, 45));
            using CpuBackend one = new(isa, 1), three = new(isa, 3);
            three.Linear(x, weight, default, together, Activation.Gelu);
            for (int row = 0; row < 8; row++)
            {
                one.Linear(x.Slice(row, 1), weight, default, alone, Activation.Gelu);
                Assert.Equal(together.Slice(row, 1).Span.ToArray(), alone.Span.ToArray());
            }
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Bfloat16)]
    [InlineData(Precision.Int8)]
    public void Rows_of_texts_have_the_same_bits_alone_and_among_any_number_of_others_with_every_instruction_set(Precision precision)
    {
        System.Random random = new(6);
        foreach ((int depth, int outputs) in new[] { (67, 45), (256, 24), (15, 8), (16, 9) })
        {
            Tensor x = InferenceTensors.Random(random, new Shape(37, depth)), weight = InferenceTensors.Random(random, new Shape(outputs, depth));
            Tensor bias = InferenceTensors.Random(random, new Shape(outputs));
            float[]? first = null;
            foreach (Isa isa in InferenceTensors.Isas)
            {
                using CpuBackend one = new(isa, 1), three = new(isa, 3);
                PreparedWeight prepared = one.PrepareWeight(weight, precision);
                InferenceWeight stored = one.CreateWeight(weight, precision);
                float[] alone = [.. Enumerable.Range(0, 37).SelectMany(row => Product(one, x.Slice(row, 1), prepared))];
                foreach (int rows in new[] { 1, 2, 3, 4, 5, 7, 8, 9, 16, 23, 32, 37 })
                {
                    // Prepared weights pack at the second product of many rows, and must not here.
                    for (int again = 0; again < 2; again++)
                    {
                        Assert.Equal(alone[..(rows * outputs)], Product(three, x.Slice(0, rows), prepared));
                    }

                    Tensor y = Tensor.Allocate(new Shape(rows, outputs));
                    three.Linear(x.Slice(0, rows), stored, bias, y, Activation.Relu, rowsAlone: true);
                    Assert.Equal(alone[..(rows * outputs)], y.Span.ToArray());
                }

                Assert.Equal(0, prepared.PackedBytes);
                Assert.Equal(first ??= alone, alone);
            }

            float[] Product(CpuBackend backend, Tensor input, PreparedWeight prepared)
            {
                Tensor y = Tensor.Allocate(new Shape(input.Shape.Rows, outputs));
                backend.Linear(input, prepared, bias, y, Activation.Relu, rowsAlone: true);
                return y.Span.ToArray();
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_broken_value_is_not_hidden_by_the_activation(float broken)
    {
        foreach (Isa isa in InferenceTensors.Isas)
        {
            using CpuBackend backend = new(isa, 1);
            Tensor x = InferenceTensors.Random(new System.Random(3), new Shape(1, 40)), weight = Tensor.Allocate(new Shape(9, 40)), y = Tensor.Allocate(new Shape(1, 9));
            x.Span[21] = broken;
            weight.Span.Fill(1);
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                backend.Linear(x, weight, default, y, activation);
                Assert.All(y.Span.ToArray(), value => Assert.False(float.IsFinite(value), $"{activation}: {value}"));
            }
        }
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        using CpuBackend backend = new(threads: 1);
        Tensor x = Tensor.Allocate(new Shape(2, 5)), weight = Tensor.Allocate(new Shape(3, 4)), y = Tensor.Allocate(new Shape(2, 3));
        ArgumentException exception = Assert.Throws<ArgumentException>(() => backend.Linear(x, weight, default, y));
        Assert.Contains("the length of an input row is 5, but 4 is needed", exception.Message, StringComparison.Ordinal);
    }

    private static void Check(CpuBackend backend, int rows, int depth, int outputs, Activation activation, bool withBias, System.Random random)
    {
        Tensor x = InferenceTensors.Random(random, new Shape(rows, depth)), weight = InferenceTensors.Random(random, new Shape(outputs, depth));
        Tensor bias = withBias ? InferenceTensors.Random(random, new Shape(outputs)) : default;
        Tensor y = Tensor.Allocate(new Shape(rows, outputs));
        backend.Linear(x, weight, bias, y, activation);
        for (int row = 0; row < rows; row++)
        {
            for (int output = 0; output < outputs; output++)
            {
                double expected = withBias ? bias.Span[output] : 0;
                for (int k = 0; k < depth; k++)
                {
                    expected += (double)x.Span[(row * depth) + k] * weight.Span[(output * depth) + k];
                }

                expected = ActivationOracle.Apply(activation, expected);
                float actual = y.Span[(row * outputs) + output];
                Assert.True(
                    Math.Abs(actual - expected) < 2e-6 + (1e-7 * depth),
                    $"{backend.Isa}, {rows} x {depth} x {outputs}: y({row}, {output}) is {actual}, expected {expected}");
            }
        }
    }
}
