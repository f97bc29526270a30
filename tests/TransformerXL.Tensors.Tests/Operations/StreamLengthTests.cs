using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using Xunit;

namespace TransformerXL.Tensors.Tests.Operations;

/// <summary>A text has the same bits alone, in a batch, and padded; what lies in the padding is never read.</summary>
public sealed class StreamLengthTests(Backends backends) : IClassFixture<Backends>
{
    private const int Heads = 2, HeadSize = 5, Width = Heads * HeadSize;

    public static TheoryData<Isa, string, int> Patterns
    {
        get
        {
            TheoryData<Isa, string, int> patterns = [];
            foreach (Isa isa in Backends.Isas)
            {
                foreach (string pattern in new[] { "causal", "causal window", "bidirectional", "window with globals", "blocks" })
                {
                    patterns.Add(isa, pattern, 0);
                    patterns.Add(isa, pattern, 30);
                }
            }

            return patterns;
        }
    }

    // More and fewer than 512 keys: tiles are of another size.
    private static int[] Lengths => [540, 97, 0, 31, 300, 97];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void A_padded_text_in_a_batch_has_the_bits_that_it_has_alone(Isa isa, string pattern, int memory)
    {
        int longest = Lengths.Max(), streams = Lengths.Length;
        Visibility visibility = Pattern(pattern, longest + memory);
        Inputs batch = Inputs.Random(visibility, longest, memory, streams);
        for (int stream = 0; stream < streams; stream++)
        {
            batch.FillPadding(stream, Lengths[stream], memory);
        }

        Results results = Run(backends.Get(isa, 2), batch, visibility.WithLengths(Lengths));
        for (int stream = 0; stream < streams; stream++)
        {
            int length = Lengths[stream];
            AssertZero(results, stream, length, memory);
            if (length > 0)
            {
                Results alone = Run(backends.Get(isa), batch.Alone(visibility, stream, length, memory), Pattern(pattern, longest + memory, length + memory));
                AssertSame("output", alone.Output, Rows(results.Output, stream, 0, length));
                AssertSame("gradient of the queries", alone.Query, Rows(results.Query, stream, 0, length));
                AssertSame("gradient of keys and values", alone.KeyValue, Rows(results.KeyValue, stream, 0, length + memory));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Streams_of_full_length_have_the_bits_of_a_batch_without_lengths(Isa isa, string pattern, int memory)
    {
        Visibility visibility = Pattern(pattern, 70 + memory);
        Results plain = Run(backends.Get(isa), Inputs.Random(visibility, 70, memory, 3), visibility);
        Results lengths = Run(backends.Get(isa), Inputs.Random(visibility, 70, memory, 3), visibility.WithLengths(new[] { 70, 70, 70 }));
        Assert.True(Bits.Equal(plain.Output.Span, lengths.Output.Span));
        Assert.True(Bits.Equal(plain.Query.Span, lengths.Query.Span));
        Assert.True(Bits.Equal(plain.KeyValue.Span, lengths.KeyValue.Span));
        Assert.True(Bits.Equal(plain.Relative.Span, lengths.Relative.Span));
    }

    [Fact]
    public void Cross_attention_of_a_padded_pair_has_the_bits_that_the_pair_has_alone()
    {
        int[] queries = [70, 9, 0, 33], keys = [520, 100, 7, 0];
        foreach (Isa isa in Backends.Isas)
        {
            Inputs batch = Inputs.Random(Visibility.Cross, 70, 520 - 70, 4);
            for (int stream = 0; stream < 4; stream++)
            {
                batch.FillPadding(stream, queries[stream], keys[stream] - queries[stream]);
            }

            Results results = Run(backends.Get(isa, 2), batch, Visibility.Cross.WithLengths(queries, keys));
            for (int stream = 0; stream < 4; stream++)
            {
                AssertZero(results, stream, queries[stream], keys[stream] - queries[stream]);
                if (queries[stream] > 0 && keys[stream] > 0)
                {
                    Results alone = Run(backends.Get(isa), batch.Alone(Visibility.Cross, stream, queries[stream], keys[stream] - queries[stream]), Visibility.Cross);
                    AssertSame("output", alone.Output, Rows(results.Output, stream, 0, queries[stream]));
                    AssertSame("gradient of the queries", alone.Query, Rows(results.Query, stream, 0, queries[stream]));
                    AssertSame("gradient of keys and values", alone.KeyValue, Rows(results.KeyValue, stream, 0, keys[stream]));
                }
            }
        }
    }

    /// <summary>A pattern for so many keys; ranges and positions that a shorter text does not have are left out.</summary>
    private static Visibility Pattern(string name, int longest, int keys = int.MaxValue)
    {
        KeyRange[] ranges = [.. Enumerable.Range(0, (longest / 20) + 1).Select(n => new KeyRange(n * 17 % longest, Math.Min(longest, (n * 17 % longest) + 90)))];
        int[] globals = [.. new[] { 0, 1, 64, 200 }.Where(position => position < Math.Min(keys, longest))];
        return name switch
        {
            "causal" => Visibility.Causal(),
            "causal window" => Visibility.Causal(75),
            "bidirectional" => Visibility.Bidirectional,
            "window with globals" => Visibility.Window(40, 25, globals),
            _ => Visibility.Blocks(20, [.. ranges.Select(range => new KeyRange(Math.Min(keys, range.First), Math.Min(keys, range.End)))], globals),
        };
    }

    private static Results Run(CpuBackend backend, Inputs inputs, in Visibility visibility)
    {
        Tape tape = new(backend);
        tape.BeginTraining(OpCase.Seed, OpCase.Step);
        Variable output = visibility.IsCross
            ? tape.Attention(inputs.Query, inputs.KeyValue, Heads, visibility)
            : tape.RelativeAttention(inputs.Query, inputs.KeyValue, inputs.Relative!, inputs.U, inputs.V, visibility);
        tape.Backward(WeightedSumOperation.OnlyGradientOf(tape, [output], [inputs.Weights]));
        return new Results(output.Value, inputs.Query.Gradient, inputs.KeyValue.Gradient, inputs.Relative?.Gradient ?? default);
    }

    /// <summary>Nothing where a stream has ended, and no NaN of the padding anywhere.</summary>
    private static void AssertZero(Results results, int stream, int length, int memory)
    {
        Assert.DoesNotContain(Rows(results.Output, stream, length, results.Output.Shape[0]), value => value != 0);
        Assert.DoesNotContain(Rows(results.Query, stream, length, results.Query.Shape[0]), value => value != 0);
        Assert.DoesNotContain(Rows(results.KeyValue, stream, length + memory, results.KeyValue.Shape[0]), value => value != 0);
        Assert.False(results.Relative.IsEmpty ? false : results.Relative.Span.ToArray().Any(float.IsNaN));
    }

    private static void AssertSame(string what, Tensor alone, float[] rows) => Assert.True(Bits.Equal(alone.Span, rows), what);

    private static float[] Rows(Tensor tensor, int stream, int first, int end)
    {
        int streams = tensor.Shape[1], columns = tensor.Shape[2];
        List<float> rows = [];
        for (int row = first; row < end; row++)
        {
            rows.AddRange(tensor.Span.Slice(((row * streams) + stream) * columns, columns));
        }

        return [.. rows];
    }

    private sealed record Results(Tensor Output, Tensor Query, Tensor KeyValue, Tensor Relative);

    private sealed record Inputs(Parameter Query, Parameter KeyValue, Parameter? Relative, Parameter U, Parameter V, float[] Weights)
    {
        public static Inputs Random(in Visibility visibility, int length, int memory, int streams)
        {
            RandomValues random = new($"{length} {memory} {streams}");
            int rows = visibility.RelativeRows(length, length + memory);
            return new Inputs(
                New(new Shape(length, streams, Width), random.Normal(length * streams * Width)),
                New(new Shape(length + memory, streams, 2 * Width), random.Normal((length + memory) * streams * 2 * Width)),
                rows == 0 ? null : New(new Shape(rows, Width), random.Normal(rows * Width)),
                New(new Shape(Heads, HeadSize), random.Normal(Width)),
                New(new Shape(Heads, HeadSize), random.Normal(Width)),
                random.Normal(length * streams * Width));
        }

        /// <summary>What does not exist is NaN: whoever read it would show it.</summary>
        public void FillPadding(int stream, int length, int memory)
        {
            Fill(Query.Value, stream, length, Query.Value.Span);
            Fill(Query.Value, stream, length, Weights);
            Fill(KeyValue.Value, stream, length + memory, KeyValue.Value.Span);
        }

        public Inputs Alone(in Visibility visibility, int stream, int length, int memory)
        {
            Tensor q = Query.Value, kv = KeyValue.Value;
            int rows = visibility.RelativeRows(length, length + memory), skipped = q.Shape[0] - length;
            float[] weights = new float[length * Width];
            for (int row = 0; row < length; row++)
            {
                Weights.AsSpan(((row * q.Shape[1]) + stream) * Width, Width).CopyTo(weights.AsSpan(row * Width));
            }

            return new Inputs(
                New(new Shape(length, 1, Width), Rows(q, stream, 0, length)),
                New(new Shape(length + memory, 1, 2 * Width), Rows(kv, stream, 0, length + memory)),
                Relative is null ? null : New(new Shape(rows, Width), Relative.Value.Span.Slice(skipped * Width, rows * Width).ToArray()),
                New(U.Shape, U.Value.Span.ToArray()),
                New(V.Shape, V.Value.Span.ToArray()),
                weights);
        }

        private static void Fill(Tensor like, int stream, int first, Span<float> values)
        {
            int streams = like.Shape[1], columns = like.Shape[2];
            for (int row = first; row < like.Shape[0]; row++)
            {
                values.Slice(((row * streams) + stream) * columns, columns).Fill(float.NaN);
            }
        }

        private static Parameter New(Shape shape, float[] values)
        {
            Parameter parameter = new("input", shape);
            values.CopyTo(parameter.Value.Span);
            return parameter;
        }
    }
}
