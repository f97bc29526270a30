using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Inference;
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
        IndexTensor targets = IndexTensor.From([.. Enumerable.Range(0, rows).Select(_ => random.Next(vocabulary))]);
        float[] nll = new float[rows];
        foreach (Isa isa in InferenceTensors.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            backend.NegativeLogLikelihood(x, new CpuInferenceWeight(weight, Precision.Float32), bias, targets, workspace, nll);
            for (int row = 0; row < rows; row++)
            {
                double[] logits = [.. Enumerable.Range(0, vocabulary).Select(token =>
                    bias.Span[token] + Enumerable.Range(0, 33).Sum(i => (double)x.Span[(row * 33) + i] * weight.Span[(token * 33) + i]))];
                Assert.Equal(Math.Log(logits.Sum(Math.Exp)) - logits[targets.Span[row]], nll[row], 1e-5);
            }
        }
    }

    [Fact]
    public void Targets_outside_the_vocabulary_are_named()
    {
        using CpuBackend backend = new(threads: 1);
        CpuInferenceWeight weight = new(Tensor.Allocate(new Shape(4, 3)), Precision.Float32);
        foreach (int target in new[] { -1, 4 })
        {
            string message = Assert.Throws<ArgumentOutOfRangeException>(() => backend.NegativeLogLikelihood(
                Tensor.Allocate(new Shape(1, 3)), weight, Tensor.Allocate(new Shape(4)), IndexTensor.From([target]), Tensor.Allocate(new Shape(7)), new float[1])).Message;
            Assert.Contains($"id {target} is outside the vocabulary of 4", message, StringComparison.Ordinal);
        }
    }
}
