using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>Products in bfloat16, of few rows as stored and of many packed, against sums of rounded operands in double.</summary>
public sealed class Bfloat16ProductTests(Backends backends) : IClassFixture<Backends>
{
    [Fact]
    public void Every_depth_and_number_of_outputs_equals_the_sum_of_rounded_operands_in_double()
    {
        System.Random random = new(1);
        foreach (Isa isa in Backends.Isas)
        {
            for (int depth = 1; depth <= 70; depth++)
            {
                Check(backends.Get(isa, 2), random.Next(1, 12), depth, (depth % 37) + 1, (Activation)(depth % 3), packed: depth % 2 == 0, random);
            }

            Check(backends.Get(isa, 2), 1, 2048, 203, Activation.None, packed: false, random);
            Check(backends.Get(isa, 2), 100, 300, 61, Activation.Gelu, packed: true, random);
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_among_few_and_with_any_number_of_threads()
    {
        System.Random random = new(2);
        Tensor x = InferenceTensors.Random(random, new Shape(8, 67));
        CpuInferenceWeight weight = new(InferenceTensors.Random(random, new Shape(45, 67)), Precision.Bfloat16);
        foreach (Isa isa in Backends.Isas)
        {
            Tensor together = Tensor.Allocate(new Shape(8, 45)), alone = Tensor.Allocate(new Shape(1, 45));
            foreach (int threads in (int[])[1, 2, 3])
            {
                backends.Get(isa, threads).Linear(x, weight, default, together, Activation.Gelu);
                for (int row = 0; row < 8; row++)
                {
                    backends.Get(isa).Linear(x.Slice(row, 1), weight, default, alone, Activation.Gelu);
                    Assert.Equal(alone.Span.ToArray(), together.Slice(row, 1).Span.ToArray());
                }
            }
        }
    }

    [Fact]
    public void Many_rows_have_the_same_bits_packed_or_not()
    {
        System.Random random = new(3);
        Tensor x = InferenceTensors.Random(random, new Shape(30, 70)), expected = Tensor.Allocate(new Shape(30, 37)), actual = Tensor.Allocate(new Shape(30, 37));
        CpuInferenceWeight weight = new(InferenceTensors.Random(random, new Shape(37, 70)), Precision.Bfloat16);
        foreach (Isa isa in Backends.Isas)
        {
            backends.Get(isa, 2).Linear(x, weight, default, expected);
            backends.Get(isa, 2).Linear(x, new PackedWeight(backends.Get(isa), weight), default, actual);
            Assert.Equal(expected.Span, actual.Span);
        }
    }

    [Fact]
    public void A_weight_takes_half_the_bytes_and_the_values_as_they_are_stay_at_hand()
    {
        Tensor weight = Tensor.Allocate(new Shape(6, 10));
        Assert.Equal(240, new CpuInferenceWeight(weight, Precision.Float32).Bytes);
        Assert.Equal(120, new CpuInferenceWeight(weight, Precision.Bfloat16).Bytes);
        Assert.Equal(60 + (6 * sizeof(float)), new CpuInferenceWeight(weight, Precision.Int8).Bytes);
        Assert.Equal(60, new CpuInferenceWeight(weight, Precision.Int8).Weight.Count);
        Assert.Throws<ArgumentException>(() => new CpuInferenceWeight(Tensor.Allocate(new Shape(6)), Precision.Bfloat16));
    }

    private static void Check(CpuBackend backend, int rows, int depth, int outputs, Activation activation, bool packed, System.Random random)
    {
        Tensor x = InferenceTensors.Random(random, new Shape(rows, depth)), y = Tensor.Allocate(new Shape(rows, outputs));
        CpuInferenceWeight weight = new(InferenceTensors.Random(random, new Shape(outputs, depth)), Precision.Bfloat16);
        Tensor bias = InferenceTensors.Random(random, new Shape(outputs));
        if (packed)
        {
            backend.Linear(x, new PackedWeight(backend, weight), bias, y, activation);
        }
        else
        {
            backend.Linear(x, weight, bias, y, activation);
        }

        for (int row = 0; row < rows; row++)
        {
            for (int output = 0; output < outputs; output++)
            {
                double expected = bias.Span[output];
                for (int k = 0; k < depth; k++)
                {
                    expected += MatrixOracle.ToBfloat16(x.Span[(row * depth) + k]) * MatrixOracle.ToBfloat16(weight.Weight.Span[(output * depth) + k]);
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
