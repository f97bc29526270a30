using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Memory;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>The other operations without a tape.</summary>
public sealed class InferenceOperationTests
{
    [Theory]
    [InlineData(1, 40, 1000)]
    [InlineData(5, 40, 7)]
    [InlineData(20, 301, 4)]
    [InlineData(20, 301, 300)]
    public void The_nll_does_not_depend_on_the_size_of_a_tile(int rows, int vocabulary, int tileColumns)
    {
        System.Random random = new(rows);
        Tensor x = InferenceTensors.Random(random, new Shape(rows, 33)), weight = InferenceTensors.Random(random, new Shape(vocabulary, 33));
        Tensor bias = InferenceTensors.Random(random, new Shape(vocabulary)), workspace = Tensor.Allocate(new Shape(rows * (3 + tileColumns)));
        int[] targets = [.. Enumerable.Range(0, rows).Select(_ => random.Next(vocabulary))];
        float[] nll = new float[rows];
        foreach (Isa isa in InferenceTensors.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            backend.NegativeLogLikelihood(x, new InferenceWeight(weight, Precision.Float32), bias, targets, workspace, nll);
            for (int row = 0; row < rows; row++)
            {
                double[] logits = [.. Enumerable.Range(0, vocabulary).Select(token =>
                    bias.Span[token] + Enumerable.Range(0, 33).Sum(i => (double)x.Span[(row * 33) + i] * weight.Span[(token * 33) + i]))];
                Assert.Equal(Math.Log(logits.Sum(Math.Exp)) - logits[targets[row]], nll[row], 1e-5);
            }
        }
    }

    [Fact]
    public void Layer_norm_may_write_over_its_residual()
    {
        System.Random random = new(6);
        float[] x = InferenceTensors.Random(random, new Shape(3, 21)).Span.ToArray(), residual = InferenceTensors.Random(random, new Shape(3, 21)).Span.ToArray();
        Tensor gain = InferenceTensors.Random(random, new Shape(21)), bias = InferenceTensors.Random(random, new Shape(21));
        foreach (Isa isa in InferenceTensors.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            Tensor input = Tensor.From(new Shape(3, 21), x), h = Tensor.From(new Shape(3, 21), residual);
            backend.LayerNorm(input, h, gain, bias, Tensor.Allocate(new Shape(6)), h);
            for (int row = 0; row < 3; row++)
            {
                double[] sum = [.. Enumerable.Range(row * 21, 21).Select(i => (double)x[i] + residual[i])];
                double mean = sum.Average(), variance = sum.Average(value => (value - mean) * (value - mean));
                for (int i = 0; i < 21; i++)
                {
                    Assert.Equal(((sum[i] - mean) / Math.Sqrt(variance + 1e-5) * gain.Span[i]) + bias.Span[i], h.Span[(row * 21) + i], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Ids_outside_the_table_are_named()
    {
        using CpuBackend backend = new(threads: 1);
        Tensor table = Tensor.Allocate(new Shape(4, 3)), output = Tensor.Allocate(new Shape(2, 3));
        Assert.Contains(
            "id 4 is outside the vocabulary of 4",
            Assert.Throws<ArgumentOutOfRangeException>(() => backend.Embedding(table, [0, 4], 1, output)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.NegativeLogLikelihood(
            Tensor.Allocate(new Shape(1, 3)), new InferenceWeight(table, Precision.Float32), Tensor.Allocate(new Shape(4)), [-1], Tensor.Allocate(new Shape(7)), new float[1]));
    }
}
