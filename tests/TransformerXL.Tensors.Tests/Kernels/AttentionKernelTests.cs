using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.RelativeAttention;
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
            int keys = memory + queries, width = Heads * headSize;
            RandomValues random = new($"{queries} {memory} {headSize}");
            using GuardedBuffer query = Random(random, queries * Streams * width), key = Random(random, keys * Streams * width);
            using GuardedBuffer value = Random(random, keys * Streams * width), relative = Random(random, keys * width);
            using GuardedBuffer u = Random(random, width), v = Random(random, width), outputGradient = Random(random, query.Count);
            using GuardedBuffer output = new(query.Count, 1), logSumExp = new(Streams * Heads * queries, 2);
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
                MaxDistance = maxDistance,
                Query = Rows(query),
                Key = Rows(key),
                Value = Rows(value),
                Output = Rows(output),
                Relative = new HeadRows(relative.First, width, 0),
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
                Relative = relativeGradient.First,
                ContentBias = uGradient.First,
                PositionBias = vGradient.First,
            };
            Kernels(isa).AttentionForward(arguments);
            Kernels(isa).AttentionBackward(arguments, gradients);
            AssertWhole("inputs", query, key, value, relative, u, v, outputGradient);
            AssertWhole("results", output, logSumExp, queryGradient, keyGradient, valueGradient, relativeGradient, uGradient, vGradient);
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
                MaxDistance = reach,
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
