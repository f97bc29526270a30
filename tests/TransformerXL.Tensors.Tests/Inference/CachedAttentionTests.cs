using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>Attention over kept keys and values, by few and by many queries, against the definition in double.</summary>
public sealed class CachedAttentionTests
{
    [Theory]
    [InlineData(1, 0, 1, 1, 1, int.MaxValue)]
    [InlineData(1, 1, 1, 2, 16, int.MaxValue)]
    [InlineData(1, 37, 2, 3, 5, int.MaxValue)]
    [InlineData(1, 300, 1, 2, 64, 299)]
    [InlineData(3, 50, 2, 2, 24, 20)]
    [InlineData(8, 13, 1, 1, 70, 13)]
    [InlineData(8, 0, 3, 2, 8, 0)]
    [InlineData(9, 21, 2, 2, 24, int.MaxValue)]
    [InlineData(70, 33, 1, 3, 12, 33)]
    public void Every_query_has_the_weighted_sum_of_what_it_sees(int queries, int rows, int streams, int heads, int headSize, int maxDistance)
    {
        System.Random random = new(queries + rows);
        int width = heads * headSize, keys = rows + queries, firstKey = 3;
        foreach (Isa isa in InferenceTensors.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            CpuKeyValueMemory memory = new(keys + 7, streams, heads, headSize);
            Tensor projected = InferenceTensors.Random(random, new Shape(keys, streams, 3 * width));
            memory.Write(firstKey, projected);
            Tensor relative = InferenceTensors.Random(random, new Shape(keys + 4, width));
            Tensor u = InferenceTensors.Random(random, new Shape(heads, headSize)), v = InferenceTensors.Random(random, new Shape(heads, headSize));
            Tensor output = Tensor.Allocate(new Shape(queries, streams, width)), workspace = Tensor.Allocate(new Shape(queries, streams, heads));
            backend.Attention(
                projected.Slice(rows, queries), memory, firstKey, keys, new CpuRelativeTable(relative, heads), u, v, maxDistance, workspace, output);
            double[] expected = Expected(projected, relative.Slice(4, keys), u, v, queries, heads, maxDistance);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(Math.Abs(expected[i] - output.Span[i]) < 3e-6, $"{isa}: value {i} is {output.Span[i]}, expected {expected[i]}");
            }
        }
    }

    [Fact]
    public void Rows_that_are_read_back_are_those_written_also_after_a_move()
    {
        System.Random random = new(4);
        CpuKeyValueMemory memory = new(20, streams: 2, heads: 3, headSize: 5);
        Tensor rows = InferenceTensors.Random(random, new Shape(12, 2, 30)), back = Tensor.Allocate(new Shape(9, 2, 30));
        memory.Write(8, rows);
        memory.CopyToStart(11, 9, memory);
        memory.Read(0, back);
        Assert.Equal(rows.Slice(3, 9).Span.ToArray(), back.Span.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Write(9, rows));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Read(-1, back));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.CopyToStart(12, 9, memory));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void One_and_three_threads_give_the_same_bits(int queries)
    {
        foreach (Isa isa in InferenceTensors.Isas)
        {
            using CpuBackend one = new(isa, 1), three = new(isa, 3);
            Assert.Equal(Compute(one), Compute(three));
        }

        float[] Compute(CpuBackend backend)
        {
            System.Random random = new(5);
            CpuKeyValueMemory memory = new(60, 1, 5, 20);
            Tensor projected = InferenceTensors.Random(random, new Shape(60, 1, 300));
            memory.Write(0, projected);
            CpuRelativeTable relative = new(InferenceTensors.Random(random, new Shape(60, 100)), 5);
            Tensor bias = InferenceTensors.Random(random, new Shape(5, 20));
            Tensor output = Tensor.Allocate(new Shape(queries, 1, 100)), workspace = Tensor.Allocate(new Shape(queries, 5));
            backend.Attention(projected.Slice(60 - queries, queries), memory, 0, 60, relative, bias, bias, int.MaxValue, workspace, output);
            return output.Span.ToArray();
        }
    }

    [Theory]
    [InlineData(64, 4, Precision.Float32, int.MaxValue)]
    [InlineData(64, 2, Precision.Bfloat16, 40)]
    [InlineData(20, 3, Precision.Float32, 17)]
    [InlineData(5, 2, Precision.Int8, int.MaxValue)]
    public void Texts_of_different_lengths_get_the_same_bits_together_as_alone_with_every_instruction_set(int headSize, int heads, Precision precision, int maxDistance)
    {
        // So many long texts that keys are fetched ahead.
        const int Texts = 19, Longest = 300;
        int width = heads * headSize;
        float[]? first = null;
        foreach (Isa isa in InferenceTensors.Isas)
        {
            System.Random random = new(7);
            using CpuBackend backend = new(isa, 3);
            RelativeTable relative = backend.CreateRelativeTable(InferenceTensors.Random(random, new Shape(Longest, width)), heads, precision);
            Tensor u = InferenceTensors.Random(random, new Shape(heads, headSize)), v = InferenceTensors.Random(random, new Shape(heads, headSize));
            KeyValueMemory[] memories = backend.CreateKeyValueMemory(Longest + 7, 1, heads, headSize, precision).CreateEmpty(Texts);
            CachedKeys[] texts = new CachedKeys[Texts];
            for (int text = 0; text < Texts; text++)
            {
                int keys = text < 3 ? text + 1 : random.Next(Longest - 40, Longest + 1);
                memories[text].Write(text % 7, InferenceTensors.Random(random, new Shape(keys, 1, 2 * width)));
                texts[text] = new CachedKeys(memories[text], text % 7, keys);
            }

            Tensor queries = InferenceTensors.Random(random, new Shape(Texts, 3 * width)), workspace = Tensor.Allocate(new Shape(Texts, heads));
            Tensor alone = Tensor.Allocate(new Shape(Texts, width)), together = Tensor.Allocate(new Shape(Texts, width));
            for (int text = 0; text < Texts; text++)
            {
                (KeyValueMemory memory, int firstKey, int keys) = texts[text];
                backend.Attention(queries.Slice(text, 1), memory, firstKey, keys, relative, u, v, maxDistance, workspace, alone.Slice(text, 1));
            }

            foreach (int count in new[] { 1, 2, 5, Texts })
            {
                backend.Attention(queries.Slice(0, count), texts.AsSpan(0, count), relative, u, v, maxDistance, workspace, together.Slice(0, count));
                Assert.Equal(alone.Slice(0, count).Span.ToArray(), together.Slice(0, count).Span.ToArray());
            }

            Assert.Equal(first ??= alone.Span.ToArray(), alone.Span.ToArray());
        }
    }

    [Fact]
    public void Several_memories_are_empty_and_do_not_overlap()
    {
        CpuKeyValueMemory like = new(6, 1, 2, 5);
        Tensor rows = InferenceTensors.Random(new System.Random(8), new Shape(6, 1, 20)), back = Tensor.Allocate(new Shape(6, 1, 20));
        like.Write(0, rows);
        KeyValueMemory[] memories = like.CreateEmpty(3);
        Assert.Equal(3 * like.Bytes, memories.Sum(memory => memory.Bytes));
        memories[1].Write(0, rows);
        memories[0].Read(0, back);
        Assert.All(back.Span.ToArray(), value => Assert.Equal(0, value));
        memories[2].Read(0, back);
        Assert.All(back.Span.ToArray(), value => Assert.Equal(0, value));
        memories[1].Read(0, back);
        Assert.Equal(rows.Span.ToArray(), back.Span.ToArray());
    }

    [Fact]
    public void Texts_that_do_not_fit_are_named()
    {
        using CpuBackend backend = new(threads: 1);
        RelativeTable relative = backend.CreateRelativeTable(Tensor.Allocate(new Shape(4, 8)), 2);
        CpuKeyValueMemory memory = new(6, 1, 2, 4), wide = new(6, 1, 2, 5), pair = new(6, 2, 2, 4);
        Assert.Contains("the number of queries is 1, but 2 is needed", Refused(1, new(memory, 0, 2), new(memory, 0, 2)), StringComparison.Ordinal);
        Assert.Contains("the size of a memory's head is 5, but 4 is needed", Refused(2, new(memory, 0, 2), new(wide, 0, 2)), StringComparison.Ordinal);
        Assert.Contains("the streams of a memory is 2, but 1 is needed", Refused(1, new CachedKeys(pair, 0, 2)), StringComparison.Ordinal);
        Assert.Contains("the number of relative rows is 4, but at least 5 is needed", Refused(1, new CachedKeys(memory, 0, 5)), StringComparison.Ordinal);
        Assert.Contains("the number of keys is 0, but at least 1 is needed", Refused(1, new CachedKeys(memory, 0, 0)), StringComparison.Ordinal);

        string Refused(int queries, params CachedKeys[] texts)
        {
            Tensor rows = Tensor.Allocate(new Shape(queries, 8)), bias = Tensor.Allocate(new Shape(2, 4)), workspace = Tensor.Allocate(new Shape(2, 2));
            return Assert.Throws<ArgumentException>(() => backend.Attention(rows, texts, relative, bias, bias, 9, workspace, Tensor.Allocate(new Shape(queries, 8)))).Message;
        }
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        using CpuBackend backend = new(threads: 1);
        CpuKeyValueMemory memory = new(6, 1, 2, 4);
        CpuRelativeTable relative = new(Tensor.Allocate(new Shape(4, 8)), 2);
        Tensor q = Tensor.Allocate(new Shape(1, 1, 8)), bias = Tensor.Allocate(new Shape(2, 4)), workspace = Tensor.Allocate(new Shape(1, 2));
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => backend.Attention(q, memory, 0, 5, relative, bias, bias, 9, workspace, Tensor.Allocate(new Shape(1, 1, 8))));
        Assert.Contains("the number of relative rows is 4, but at least 5 is needed", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new CpuRelativeTable(Tensor.Allocate(new Shape(4, 7)), 2));
    }

    private static double[] Expected(Tensor projected, Tensor relative, Tensor u, Tensor v, int queries, int heads, int maxDistance)
    {
        int keys = projected.Shape[0], streams = projected.Shape[1], width = projected.Shape[2] / 3, size = width / heads;
        float[] p = projected.Span.ToArray(), r = relative.Span.ToArray();
        double[] output = new double[queries * streams * width];
        for (int row = 0; row < queries * streams * heads; row++)
        {
            int head = row % heads, stream = row / heads % streams, query = row / heads / streams, place = keys - queries + query;
            double At(int token, int part, int i) => p[(((token * streams) + stream) * 3 * width) + (part * width) + (head * size) + i];
            int first = (int)Math.Max(0L, place - (long)maxDistance);
            double[] weights = new double[place + 1 - first];
            for (int key = first; key <= place; key++)
            {
                for (int i = 0; i < size; i++)
                {
                    double q = At(place, 0, i), distanceRow = r[((keys - 1 - (place - key)) * width) + (head * size) + i];
                    weights[key - first] += (((q + u.Span[(head * size) + i]) * At(key, 1, i)) + ((q + v.Span[(head * size) + i]) * distanceRow)) / Math.Sqrt(size);
                }
            }

            double max = weights.Max(), sum = weights.Sum(weight => Math.Exp(weight - max));
            for (int key = first; key <= place; key++)
            {
                for (int i = 0; i < size; i++)
                {
                    output[(((query * streams) + stream) * width) + (head * size) + i] += Math.Exp(weights[key - first] - max) / sum * At(key, 2, i);
                }
            }
        }

        return output;
    }
}
