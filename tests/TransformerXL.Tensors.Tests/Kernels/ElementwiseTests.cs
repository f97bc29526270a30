using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

public sealed unsafe class ElementwiseTests(Backends backends) : KernelTheory(backends)
{
    [Theory]
    [MemberData(nameof(Isas))]
    public void Gate_passes_what_is_above_zero_at_every_length(Isa isa)
    {
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"gate {count}");
            float[] y = random.Normal(count), gate = random.Normal(count);
            if (count > 0)
            {
                gate[count / 2] = 0;
            }

            using GuardedBuffer result = Buffer(y), gates = Buffer(gate);
            Kernels(isa).Gate(result.First, gates.First, 1.25f, count);
            AssertClose(result, [.. y.Zip(gate, (value, g) => g > 0 ? value * 1.25 : 0)], 1, 1, $"{count}");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Dropout_equals_its_definition_at_every_length(Isa isa)
    {
        DropoutOracle oracle = new(0.3f, 11, 12, 13);
        DropoutMask mask = new(0.3f, 11, 12, 13);
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"dropout {count}");
            float[] x = random.Normal(count), before = random.Normal(count);
            using GuardedBuffer source = Buffer(x), replaced = Buffer(before), added = Buffer(before);
            Kernels(isa).Dropout(mask, source.First, replaced.First, count, add: false);
            Kernels(isa).Dropout(mask, source.First, added.First, count, add: true);
            double[] dropped = oracle.Apply(Doubles(x));
            AssertClose(replaced, dropped, 1, 1, $"{count}");
            AssertClose(added, [.. dropped.Zip(before, (a, b) => a + b)], 1, 1, $"{count}, added");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void An_inactive_dropout_copies_or_adds(Isa isa)
    {
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"copy {count}");
            float[] x = random.Normal(count), before = random.Normal(count);
            using GuardedBuffer source = Buffer(x), copied = Buffer(before), added = Buffer(before);
            Kernels(isa).Dropout(default, source.First, copied.First, count, add: false);
            Kernels(isa).Dropout(default, source.First, added.First, count, add: true);
            AssertClose(copied, Doubles(x), 1, 1, $"{count}");
            AssertClose(added, [.. x.Zip(before, (a, b) => (double)a + b)], 1, 1, $"{count}, added");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Column_sums_add_to_what_was_there_at_every_length(Isa isa)
    {
        const int rows = 5;
        for (int columns = 1; columns <= LongestRow; columns++)
        {
            RandomValues random = new($"sums {columns}");
            float[] x = random.Normal(rows * columns), before = random.Normal(columns);
            using GuardedBuffer source = Buffer(x), sums = Buffer(before);
            Kernels(isa).AddColumnSums(source.First, rows, columns, sums.First);
            double[] expected = [.. before.Select((value, j) => value + Enumerable.Range(0, rows).Sum(i => (double)x[(i * columns) + j]))];
            AssertClose(sums, expected, rows, 1, $"{columns}");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_sum_of_squares_is_right_at_every_length(Isa isa)
    {
        foreach (int count in Enumerable.Range(0, LongestRow + 1).Append(16_384).Append(50_001))
        {
            float[] x = new RandomValues($"squares {count}").Normal(count);
            float[] scale = [.. new RandomValues($"scales {count}").Normal(count).Select(Math.Abs)];
            using GuardedBuffer source = Buffer(x), scales = Buffer(scale);
            AssertSum(x.Sum(value => (double)value * value), Kernels(isa).SumOfSquares(source.First, null, 0, count));
            AssertSum(x.Zip(scale, (value, s) => Math.Pow(value / (s + 0.5), 2)).Sum(), Kernels(isa).SumOfSquares(source.First, scales.First, 0.5f, count));

            void AssertSum(double expected, double actual) => Assert.True(Math.Abs(actual - expected) <= expected * 2e-6, $"{count}: {actual}, expected {expected}");
        }
    }
}
