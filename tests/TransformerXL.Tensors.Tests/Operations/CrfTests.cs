using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

/// <summary>Conditional random fields against all label sequences, one by one.</summary>
public sealed class CrfTests(Backends backends) : IClassFixture<Backends>
{
    [Theory]
    [InlineData(1, 4, 1)]
    [InlineData(2, 6, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(3, 5, 3)]
    [InlineData(4, 5, 50)]
    public void Probabilities_and_sums_are_those_over_all_label_sequences(int labels, int length, double deviation)
    {
        RandomValues random = new($"paths {labels} {length} {deviation}");
        (Tensor emissions, Tensor transitions, Tensor start, Tensor end) = Scores(random, labels, length, deviation);
        CrfOracle oracle = new(labels, Doubles(transitions), Doubles(start), Doubles(end));
        int[][] paths = [.. oracle.Paths(length)];
        double[] scores = [.. paths.Select(path => oracle.Score(Doubles(emissions), path))];
        double max = scores.Max(), logSum = max + Math.Log(scores.Sum(score => Math.Exp(score - max)));
        double[] expected = new double[length * labels];
        for (int i = 0; i < paths.Length; i++)
        {
            for (int t = 0; t < length; t++)
            {
                expected[(t * labels) + paths[i][t]] += Math.Exp(scores[i] - logSum);
            }
        }

        (float[] marginals, double[] sums) = Run(backends.Get(CpuBackend.Best), emissions, transitions, start, end, [length]);
        Assert.Null(Tolerance.Mismatch(marginals, expected, 1e-5, 1));
        Assert.Equal(logSum, sums[0], 1e-5 * Math.Max(1, Math.Abs(logSum)));
    }

    [Fact]
    public void What_negative_infinity_forbids_has_no_probability()
    {
        RandomValues random = new("forbidden");
        (Tensor emissions, Tensor transitions, Tensor start, Tensor end) = Scores(random, 4, 5, 2);
        start.Span[0] = transitions.Span[(1 * 4) + 2] = transitions.Span[(2 * 4) + 2] = transitions.Span[(3 * 4) + 2] = end.Span[3] = float.NegativeInfinity;
        CrfOracle oracle = new(4, Doubles(transitions), Doubles(start), Doubles(end));
        double[] expected = new double[20];
        double logSum = oracle.LogPartition(Doubles(emissions));
        foreach (int[] path in oracle.Paths(5))
        {
            for (int t = 0; t < 5; t++)
            {
                expected[(t * 4) + path[t]] += Math.Exp(oracle.Score(Doubles(emissions), path) - logSum);
            }
        }

        (float[] marginals, double[] sums) = Run(backends.Get(CpuBackend.Best), emissions, transitions, start, end, [5]);
        Assert.Null(Tolerance.Mismatch(marginals, expected, 1e-5, 1));
        Assert.Equal(logSum, sums[0], 1e-4);
        Assert.Equal([0f, 0f], [marginals[0], marginals[19]]);
    }

    [Fact]
    public void A_sequence_has_the_same_bits_alone_and_beside_others_on_all_instruction_sets_and_threads()
    {
        int[] lengths = [7, 0, 30, 1, 7, 19];
        RandomValues random = new("bits");
        (Tensor emissions, Tensor transitions, Tensor start, Tensor end) = Scores(random, 53, lengths.Sum(), 2);
        (float[] expected, double[] expectedSums) = Run(backends.Get(Isa.Scalar), emissions, transitions, start, end, lengths);
        foreach (Isa isa in Backends.Isas)
        {
            foreach (int threads in (int[])[1, 3])
            {
                (float[] marginals, double[] sums) = Run(backends.Get(isa, threads), emissions, transitions, start, end, lengths);
                Assert.Equal(expected, marginals);
                Assert.Equal(expectedSums, sums);
            }

            for (int i = 0, first = 0; i < lengths.Length; first += lengths[i++])
            {
                if (lengths[i] > 0)
                {
                    (float[] alone, double[] sum) = Run(backends.Get(isa), emissions.Slice(first, lengths[i]), transitions, start, end, [lengths[i]]);
                    Assert.Equal(expected[(first * 53)..((first + lengths[i]) * 53)], alone);
                    Assert.Equal(expectedSums[i], sum[0]);
                }
            }
        }
    }

    private static (Tensor Emissions, Tensor Transitions, Tensor Start, Tensor End) Scores(RandomValues random, int labels, int length, double deviation) =>
        (Normal(random, new Shape(length, labels), 1), Normal(random, new Shape(labels, labels), deviation), Normal(random, new Shape(labels), deviation), Normal(random, new Shape(labels), deviation));

    private static Tensor Normal(RandomValues random, Shape shape, double deviation) => Tensor.From(shape, random.Normal(shape.Count, deviation));

    private static double[] Doubles(Tensor tensor) => Array.ConvertAll(tensor.Span.ToArray(), value => (double)value);

    private static (float[] Marginals, double[] LogPartitions) Run(CpuBackend backend, Tensor emissions, Tensor transitions, Tensor start, Tensor end, int[] lengths)
    {
        Tape tape = new(backend);
        tape.BeginEvaluation();
        double[] sums = new double[lengths.Length];
        float[] marginals = tape.CrfMarginals(emissions, transitions, start, end, tape.Allocate(lengths), sums).Span.ToArray();
        return (marginals, sums);
    }
}
