using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using TransformerXL.Testing.Oracles;
using TransformerXL.Testing.Reference;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>Attention over cached keys and values where it is not causal over whole streams, by few and by many queries.</summary>
public sealed class CachedVisibilityTests(Backends backends) : IClassFixture<Backends>
{
    private const int Heads = 2, HeadSize = 21, Width = Heads * HeadSize, FirstKey = 3;

    public static TheoryData<string, int, int> Cases => new()
    {
        { "bidirectional", 1, 6 },
        { "bidirectional", 8, 300 },
        { "bidirectional", 40, 47 },
        { "window", 5, 60 },
        { "window", 30, 60 },
        { "window with globals", 8, 37 },
        { "window with globals", 37, 37 },
        { "blocks", 7, 20 },
        { "blocks", 19, 25 },
        { "cross", 1, 1 },
        { "cross", 5, 3 },
        { "cross", 8, 200 },
        { "cross", 20, 7 },
        { "cross", 2, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_query_has_the_weighted_sum_of_what_it_sees(string pattern, int queries, int keys)
    {
        (Visibility visibility, Func<int, int, int, bool> sees) = Pattern(pattern, queries, keys);
        foreach (int[]? lengths in new[] { null, new[] { queries, queries / 2, 0 } })
        {
            int memory = keys - queries;
            Inputs inputs = Inputs.Random(visibility, queries, keys, lengths?.Length ?? 2);
            int[]? ofKeys = lengths is null ? null : visibility.IsCross ? [keys, keys / 3, 0] : [.. lengths.Select(length => memory + length)];
            Visibility own = lengths is null ? visibility : visibility.IsCross ? visibility.WithLengths(lengths, ofKeys) : visibility.WithLengths(lengths);
            AttentionOracle oracle = new(
                queries, keys, inputs.Streams, Heads, HeadSize, (b, i, j) => (lengths is null || (i < lengths[b] && j < ofKeys![b])) && sees(b, i, j), DropoutOracle.None);
            double[] expected = inputs.Expected(oracle);
            Assert.Null(Tolerance.Mismatch(inputs.Compute(new ReferenceBackend(), own, Precision.Float32), expected, Tolerance.Of(keys + HeadSize), 1));
            foreach (Isa isa in InferenceTensors.Isas)
            {
                float[] actual = inputs.Compute(backends.Get(isa, 2), own, Precision.Float32);
                Assert.Null(Tolerance.Mismatch(actual, expected, Tolerance.Of(keys + HeadSize), 1));
                float[] rounded = inputs.Compute(backends.Get(isa, 2), own, Precision.Bfloat16);
                Assert.Null(Tolerance.Mismatch(rounded, expected, 0.03, 1));
            }
        }
    }

    [Theory]
    [InlineData("bidirectional")]
    [InlineData("window")]
    [InlineData("window with globals")]
    [InlineData("blocks")]
    [InlineData("cross")]
    [InlineData("causal")]
    public void A_padded_text_in_a_batch_has_the_bits_that_it_has_alone_whichever_kernel_takes_it(string pattern)
    {
        int[] lengths = [30, 8, 9, 0, 1, 23];
        Visibility visibility = Pattern(pattern, 30, 30).Visibility;
        Inputs batch = Inputs.Random(visibility, 30, 30, lengths.Length);
        Visibility own = visibility.IsCross ? visibility.WithLengths(lengths, lengths) : visibility.WithLengths(lengths);
        foreach (Isa isa in InferenceTensors.Isas)
        {
            float[] together = batch.Compute(backends.Get(isa, 3), own, Precision.Float32);
            for (int stream = 0; stream < lengths.Length; stream++)
            {
                int length = lengths[stream];
                float[] rows = [.. Enumerable.Range(0, 30).SelectMany(row => together.Skip(((row * lengths.Length) + stream) * Width).Take(Width))];
                Assert.DoesNotContain(rows.Skip(length * Width), value => value != 0);
                if (length > 0)
                {
                    float[] alone = batch.Alone(stream, length).Compute(backends.Get(isa), Pattern(pattern, length, length).Visibility, Precision.Float32);
                    Assert.True(Bits.Equal(alone, rows.AsSpan(0, length * Width)), $"{isa}, stream {stream}");
                }
            }
        }
    }

    [Fact]
    public void Tables_that_lack_the_rows_for_keys_after_the_query_are_refused()
    {
        Inputs inputs = Inputs.Random(Visibility.Causal(), 3, 5, 1);
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => inputs.Compute(backends.Get(CpuBackend.Best), Visibility.Bidirectional, Precision.Float32, after: 0));
        Assert.Contains("the number of relative rows for keys after the query is 0, but at least 2 is needed", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new CpuRelativeTable(Tensor.Allocate(new Shape(4, 8)), 2, after: 5));
    }

    private static (Visibility Visibility, Func<int, int, int, bool> Sees) Pattern(string name, int queries, int keys)
    {
        int[] globals = [.. new[] { 0, 5, 6, 20 }.Where(position => position < keys)];
        KeyRange[] ranges = [.. new KeyRange[] { new(0, 9), new(12, 20), new(3, 3), new(5, 25), new(0, 30) }.Select(range => new KeyRange(Math.Min(keys, range.First), Math.Min(keys, range.End)))];
        return name switch
        {
            "causal" => (Visibility.Causal(), AttentionOracle.Band(queries, keys, int.MaxValue, 0)),
            "bidirectional" => (Visibility.Bidirectional, (_, _, _) => true),
            "window" => (Visibility.Window(9, 4), AttentionOracle.Band(queries, keys, 9, 4)),
            "window with globals" => (Visibility.Window(2, 3, globals), VisibilityCases.WithGlobals(AttentionOracle.Band(queries, keys, 2, 3), queries, keys, globals)),
            "blocks" => (Visibility.Blocks(6, ranges, globals), VisibilityCases.WithGlobals((_, i, j) => j >= ranges[i / 6].First && j < ranges[i / 6].End, queries, keys, globals)),
            _ => (Visibility.Cross, (_, _, _) => true),
        };
    }

    private sealed record Inputs(int Queries, int Keys, int Streams, float[] Query, float[] KeyValue, float[]? Relative, float[] U, float[] V)
    {
        public static Inputs Random(in Visibility visibility, int queries, int keys, int streams)
        {
            RandomValues random = new($"{queries} {keys} {streams}");
            int rows = visibility.RelativeRows(queries, keys);
            return new Inputs(
                queries, keys, streams, random.Normal(queries * streams * Width), random.Normal(keys * streams * 2 * Width),
                rows == 0 ? null : random.Normal(rows * Width), random.Normal(Width), random.Normal(Width));
        }

        public double[] Expected(AttentionOracle oracle) => Relative is null
            ? oracle.Forward(Doubles(Query), Doubles(KeyValue), null, Doubles(U), null)
            : oracle.Forward(Doubles(Query), Doubles(KeyValue), Doubles(Relative), Doubles(U), Doubles(V));

        public Inputs Alone(int stream, int length) => new(
            length, length, 1, Of(Query, stream, Width, length), Of(KeyValue, stream, 2 * Width, length),
            Relative?.Skip((Queries - length) * Width).Take(((Relative.Length / Width) == Keys ? length : (2 * length) - 1) * Width).ToArray(), U, V);

        public float[] Compute(Backend backend, in Visibility visibility, Precision precision, int? after = null)
        {
            KeyValueMemory cache = backend.CreateKeyValueMemory(Keys + 7, Streams, Heads, HeadSize, precision);
            cache.Write(FirstKey, Tensor.From(new Shape(Keys, Streams, 2 * Width), KeyValue));
            RelativeTable? relative = Relative is null
                ? null
                : backend.CreateRelativeTable(Tensor.From(new Shape(Relative.Length / Width, Width), Relative), Heads, precision, after ?? ((Relative.Length / Width) - Keys));
            Tensor query = Tensor.From(new Shape(Queries, Streams, Width), Query), output = Tensor.Allocate(query.Shape);
            output.Span.Fill(float.NaN);
            backend.Attention(
                query, cache, FirstKey, Keys, relative, Tensor.From(new Shape(Heads, HeadSize), U), relative is null ? default : Tensor.From(new Shape(Heads, HeadSize), V),
                visibility, Tensor.Allocate(new Shape(Queries, Streams, Heads)), output);
            return output.Span.ToArray();
        }

        private static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);

        private float[] Of(float[] values, int stream, int columns, int length) =>
            [.. Enumerable.Range(0, length).SelectMany(row => values.Skip(((row * Streams) + stream) * columns).Take(columns))];
    }
}
