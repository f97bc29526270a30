using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.CrossEntropy;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>The softmax over a vocabulary in tiles, at every length of a tile.</summary>
public sealed unsafe class CrossEntropyKernelTests(Backends backends) : KernelTheory(backends)
{
    private const int Rows = 2;

    [Theory]
    [MemberData(nameof(Isas))]
    public void Two_tiles_give_the_log_sum_exp_and_the_gradient_of_the_whole_row(Isa isa)
    {
        for (int columns = 1; columns <= LongestRow; columns++)
        {
            int first = columns / 3 * 2;
            RandomValues random = new($"tiles {columns}");
            float[] logits = random.Normal(Rows * columns, 4);
            int[] targets = random.Indices(Rows, columns);
            using GuardedBuffer statistics = new(3 * Rows);
            using GuardedBuffer left = Buffer(Columns(logits, columns, 0, first)), right = Buffer(Columns(logits, columns, first, columns));
            fixed (int* target = targets)
            {
                LogitTile[] tiles = [.. new[] { Tile(left, 0, target, statistics), Tile(right, first, target, statistics) }.Where(tile => tile.Columns > 0)];
                foreach (LogitTile tile in tiles)
                {
                    Kernels(isa).CrossEntropyAccumulate(tile);
                }

                foreach (LogitTile tile in tiles)
                {
                    Kernels(isa).CrossEntropyGradient(tile, -0.5f);
                }
            }

            double[] expected = Gradient(logits, columns, targets, -0.5);
            AssertClose(left, Doubles(Columns(Floats(expected), columns, 0, first)), columns, 0.5, $"{columns}");
            AssertClose(right, Doubles(Columns(Floats(expected), columns, first, columns)), columns, 0.5, $"{columns}");
            Assert.True(statistics.IsIntact, $"{columns}: wrote outside");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void A_NaN_among_the_logits_makes_the_sum_NaN(Isa isa)
    {
        foreach (int place in new[] { 0, 5, 32, 36 })
        {
            float[] logits = new RandomValues("broken").Normal(37);
            logits[place] = float.NaN;
            using GuardedBuffer row = Buffer(logits), statistics = new(3);
            int target = 1;
            LogitTile tile = new()
            {
                Rows = 1,
                Columns = 37,
                Logits = row.First,
                Targets = &target,
                Maximum = statistics.First,
                Sum = statistics.First + 1,
                TargetLogit = statistics.First + 2,
            };
            Kernels(isa).CrossEntropyAccumulate(tile);
            Assert.True(float.IsNaN(statistics.Span[1]), $"NaN at {place} gave the sum {statistics.Span[1]}");
        }
    }

    private static LogitTile Tile(GuardedBuffer logits, int first, int* targets, GuardedBuffer statistics) => new()
    {
        Rows = Rows,
        Columns = logits.Count / Rows,
        FirstToken = first,
        Logits = logits.First,
        Targets = targets,
        Maximum = statistics.First,
        Sum = statistics.First + Rows,
        TargetLogit = statistics.First + (2 * Rows),
    };

    private static float[] Columns(float[] matrix, int columns, int first, int end) =>
        [.. matrix.Where((_, i) => i % columns >= first && i % columns < end)];

    private static double[] Gradient(float[] logits, int columns, int[] targets, double scale)
    {
        double[] gradient = new double[logits.Length];
        for (int row = 0; row < Rows; row++)
        {
            double[] exponentials = [.. logits.Skip(row * columns).Take(columns).Select(logit => Math.Exp(logit))];
            for (int j = 0; j < columns; j++)
            {
                gradient[(row * columns) + j] = scale * ((exponentials[j] / exponentials.Sum()) - (targets[row] == j ? 1 : 0));
            }
        }

        return gradient;
    }

    private static float[] Floats(double[] values) => Array.ConvertAll(values, value => (float)value);
}
