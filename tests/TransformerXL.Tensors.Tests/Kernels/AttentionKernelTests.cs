using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>Attention between guards; values and gradients are compared by the op cases.</summary>
public sealed unsafe class AttentionKernelTests(Backends backends) : KernelTheory(backends)
{
    private const int Streams = 2, Heads = 2;

    public static TheoryData<Isa, int, int, int, int> Shapes
    {
        get
        {
            TheoryData<Isa, int, int, int, int> shapes = [];
            foreach (Isa isa in Backends.Isas)
            {
                shapes.Add(isa, 1, 0, 1, int.MaxValue);
                shapes.Add(isa, 5, 3, 5, int.MaxValue);
                shapes.Add(isa, 17, 16, 41, 4);
                shapes.Add(isa, 97, 33, 64, int.MaxValue);
                shapes.Add(isa, 49, 480, 5, 300);
                shapes.Add(isa, 1, 515, 17, int.MaxValue);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Nothing_outside_the_tensors_is_read_or_written(Isa isa, int queries, int memory, int headSize, int maxDistance)
    {
        foreach (float dropout in new[] { 0, 0.2f })
        {
            Guarded(isa, queries, memory + queries, headSize, Visibility.Causal(maxDistance), dropout);
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Nothing_outside_the_tensors_is_read_or_written_whatever_is_visible(Isa isa)
    {
        foreach ((int queries, int keys, int headSize) in new[] { (1, 1, 1), (5, 8, 5), (17, 33, 41), (97, 130, 17), (49, 529, 5) })
        {
            int last = keys - 1;
            KeyRange[] ranges = [.. Enumerable.Range(0, (queries / 7) + 1).Select(n => new KeyRange(n * 31 % keys, Math.Min(keys, (n * 31 % keys) + 40)))];
            Visibility[] patterns = [Visibility.Bidirectional, Visibility.Window(9, 4), Visibility.Window(3, 3, 0, keys / 2, last), Visibility.Blocks(7, ranges, last)];
            foreach (Visibility pattern in patterns)
            {
                Guarded(isa, queries, keys, headSize, pattern, 0);
                Guarded(isa, queries, keys, headSize, pattern.WithLengths(new[] { queries / 2, queries }), 0.2f);
            }

            Guarded(isa, queries, keys, headSize, Visibility.Cross, 0.2f);
            Guarded(isa, keys, queries, headSize, Visibility.Cross.WithLengths(new[] { keys, keys / 2 }, new[] { 0, queries }), 0);
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Memory_that_is_out_of_reach_changes_no_bit(Isa isa)
    {
        const int queries = 20, memory = 70, headSize = 16, width = Heads * headSize, reach = 30;
        RandomValues random = new("reach");
        using GuardedBuffer query = Random(random, queries * width), kv = Random(random, (memory + queries) * 2 * width);
        using GuardedBuffer relative = Random(random, (memory + queries) * width), bias = Random(random, width);
        float[] before = Forward();
        kv.Span[..((memory - reach) * 2 * width)].Fill(1e30f);
        Assert.True(Bits.Equal(before, Forward()));

        float[] Forward()
        {
            using GuardedBuffer output = new(query.Count), logSumExp = new(Heads * queries);
            AttentionArguments arguments = new()
            {
                Queries = queries,
                Keys = memory + queries,
                Streams = 1,
                Heads = Heads,
                HeadSize = headSize,
                Visibility = Visibility.Causal(reach),
                Query = new HeadRows(query.First, width, width),
                Key = new HeadRows(kv.First, 2 * width, 0),
                Value = new HeadRows(kv.First + width, 2 * width, 0),
                Output = new HeadRows(output.First, width, width),
                Relative = new HeadRows(relative.First, width, 0),
                ContentBias = bias.First,
                PositionBias = bias.First,
                LogSumExp = logSumExp.First,
            };
            Kernels(isa).AttentionForward(arguments);
            return output.Span.ToArray();
        }
    }

    private void Guarded(Isa isa, int queries, int keys, int headSize, in Visibility visibility, float dropout)
    {
        int width = Heads * headSize, rows = visibility.RelativeRows(queries, keys);
        RandomValues random = new($"{queries} {keys} {headSize}");
        using GuardedBuffer query = Random(random, queries * Streams * width), key = Random(random, keys * Streams * width);
        using GuardedBuffer value = Random(random, keys * Streams * width), relative = Random(random, rows * width);
        using GuardedBuffer u = Random(random, width), v = Random(random, width), outputGradient = Random(random, query.Count);
        using GuardedBuffer output = new(query.Count, 1);
        // Nothing is written for queries that do not exist.
        using GuardedBuffer logSumExp = visibility.HasLengths ? new(new float[Streams * Heads * queries], 2) : new(Streams * Heads * queries, 2);
        using GuardedBuffer queryGradient = new(query.Count, 3), keyGradient = new(key.Count, 1), valueGradient = new(key.Count, 2);
        using GuardedBuffer relativeGradient = new(relative.Count, 3), uGradient = new(new float[width], 1), vGradient = new(new float[width], 2);
        HeadRows Rows(GuardedBuffer buffer) => new(buffer.First, Streams * width, width);
        AttentionArguments arguments = new()
        {
            Queries = queries,
            Keys = keys,
            Streams = Streams,
            Heads = Heads,
            HeadSize = headSize,
            Visibility = visibility,
            Query = Rows(query),
            Key = Rows(key),
            Value = Rows(value),
            Output = Rows(output),
            Relative = new HeadRows(rows == 0 ? null : relative.First, width, 0),
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
        Kernels(isa).AttentionForward(arguments);
        Kernels(isa).AttentionBackward(arguments, gradients);
        AssertWhole("inputs", query, key, value, relative, u, v, outputGradient);
        AssertWhole("results", output, logSumExp, queryGradient, keyGradient, valueGradient, relativeGradient, uGradient, vGradient);
    }

    private static GuardedBuffer Random(RandomValues random, int count) => new(random.Normal(count), count % 5);

    private static void AssertWhole(string what, params ReadOnlySpan<GuardedBuffer> buffers)
    {
        for (int i = 0; i < buffers.Length; i++)
        {
            Assert.True(buffers[i].IsIntact, $"{what}, number {i}: wrote outside");
            Assert.False(buffers[i].Span.ToArray().Any(float.IsNaN), $"{what}, number {i}: NaN");
        }
    }
}
