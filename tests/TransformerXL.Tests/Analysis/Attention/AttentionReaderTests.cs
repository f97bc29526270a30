using TransformerXL.Analysis.Attention;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tests.Models;
using Xunit;

namespace TransformerXL.Tests.Analysis.Attention;

public class AttentionReaderTests
{
    private const int Vocabulary = 11, Length = 7;

    private static readonly int[] Text = [.. Enumerable.Range(0, 60).Select(i => ((i * i) + (i / 3)) % Vocabulary)];

    [Theory]
    [InlineData(Kinds.TransformerXL)]
    [InlineData(Kinds.Shaw)]
    [InlineData(Kinds.Vaswani)]
    [InlineData(Kinds.AlRfou)]
    public void The_mean_is_that_of_the_probabilities_by_definition(string kind)
    {
        TransformerXLModel model = RandomModel(kind);
        ContextConfiguration context = new() { TargetLength = Length, MemoryLength = 9, SameLength = true, ClampLength = 6 };
        AttentionMap map = Read(model, new AttentionOptions { Context = context, Positions = 9 });
        double[][] expected = MeanByDefinition(model, context, 9, out long queries);
        Assert.Equal(queries, map.Queries);
        for (int head = 0; head < expected.Length; head++)
        {
            AssertClose(expected[head], map.Mean(head / 2, head % 2), 1e-6);
            Assert.Equal(1, map.Mean(head / 2, head % 2).Sum(), 1e-6);
        }
    }

    [Theory]
    [InlineData(Kinds.TransformerXL, 4)]
    [InlineData(Kinds.Shaw, 4)]
    [InlineData(Kinds.Vaswani, 1)]
    public void The_terms_sum_to_the_scores_that_the_kernel_used(string kind, int terms)
    {
        TransformerXLModel model = RandomModel(kind);
        ContextConfiguration context = new() { TargetLength = Length, MemoryLength = 9, SameLength = true };
        using CpuBackend backend = new(threads: 1);
        Tape tape = new(backend);
        HiddenMemory memory = model.CreateState(context.MemoryLength, 1);
        ForwardTrace trace = new(model.Configuration.Layers);
        for (int segment = 0; segment < 3; segment++)
        {
            tape.BeginEvaluation();
            model.Forward(tape, tape.Allocate(Text.AsSpan(segment * Length, Length)), memory, context, default, int.MaxValue, trace);
        }

        Assert.Equal(terms, HeadScores.TermsOf(model.Configuration).Length);
        for (int layer = 0; layer < 2; layer++)
        {
            AttentionTrace attention = trace.Attention[layer];
            float[] kernel = KernelOutput(tape, kind, attention, context.MaxDistance).Value.Span.ToArray();
            for (int head = 0; head < 2; head++)
            {
                float[] values = OutputOf(attention, head, context.MaxDistance, terms);
                float[] ofHead = [.. Enumerable.Range(0, values.Length).Select(i => kernel[(i / 8 * 16) + (head * 8) + (i % 8)])];
                AssertClose(Array.ConvertAll(ofHead, value => (double)value), Array.ConvertAll(values, value => (double)value), 2e-5);
            }
        }
    }

    [Fact]
    public void A_model_built_to_look_back_five_tokens_shows_that_line()
    {
        using CpuBackend backend = new(threads: 2);
        AttentionMap map = new AttentionReader(LooksBack(5), backend).Read(Text, AttentionOptions.ForTrained(new() { TargetLength = 8, MemoryLength = 16 }));
        Assert.True(map.Mean(0, 0)[5] > 0.99, $"the attention at distance 5 is {map.Mean(0, 0)[5]}");
        Assert.Equal(new HeadWidth(0, 0, 6, 5), map.Widths()[0] with { MeanDistance = Math.Round(map.Widths()[0].MeanDistance, 1) });
        Assert.True(map.Targets[0].Top(0, 0)[5]);
        Assert.All(map.Alone(AttentionTerm.Content, 0, 0), value => Assert.Equal(1.0 / 32, value, 1e-6));
        Assert.True(map.Alone(AttentionTerm.GlobalPosition, 0, 0)[5] > 0.99);
        Assert.Equal(5, map.Score(AttentionTerm.GlobalPosition, 0, 0).ToList().IndexOf(map.Score(AttentionTerm.GlobalPosition, 0, 0).Max()));
        Assert.All(map.Score(AttentionTerm.ContentPosition, 0, 0), value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        TransformerXLModel model = RandomModel(Kinds.TransformerXL);
        AttentionOptions options = AttentionOptions.ForTrained(new() { TargetLength = Length, MemoryLength = 7 });
        Assert.Equal(Read(model, options, 1).Mean(1, 1), Read(model, options, 3).Mean(1, 1));
    }

    [Fact]
    public void A_target_keeps_its_tokens_and_its_own_attention()
    {
        TransformerXLModel model = RandomModel(Kinds.TransformerXL);
        ContextConfiguration context = new() { TargetLength = Length, MemoryLength = 6, SameLength = true };
        AttentionTarget target = Assert.Single(Read(model, new AttentionOptions { Context = context, Positions = 6, Targets = [33] }).Targets);
        Assert.Equal([.. Text[28..34].Reverse()], target.Context.ToArray());
        Assert.Equal(Text[34], target.Next);
        Assert.Equal(1, target.Weights(1, 0).ToArray().Sum(), 1e-5f);
        Assert.Equal(2, target.Top(1, 0).Count(top => top));
    }

    [Fact]
    public void Without_targets_three_of_the_last_whole_segment_are_kept()
    {
        TransformerXLModel model = RandomModel(Kinds.TransformerXL);
        ContextConfiguration context = new() { TargetLength = Length, MemoryLength = 6, SameLength = true };
        Assert.Equal([50, 52, 55], Read(model, new AttentionOptions { Context = context, Positions = 6 }).Targets.Select(target => target.Position));
    }

    [Fact]
    public void Reading_ends_when_enough_is_averaged()
    {
        AttentionOptions options = AttentionOptions.ForTrained(new() { TargetLength = Length, MemoryLength = 7 }) with { MaxQueries = 8 };
        int read = 0;
        AttentionMap map = new AttentionReader(RandomModel(Kinds.TransformerXL), new CpuBackend(threads: 1)).Read(Text.Select(id => id + (0 * ++read)), options);
        Assert.Equal(2 * Length, map.Queries);
        Assert.Equal((4 * Length) + 1, read);
    }

    [Fact]
    public void A_model_without_memory_is_read_in_its_segments()
    {
        AttentionOptions options = AttentionOptions.ForTrained(new() { TargetLength = Length, MemoryLength = 0 });
        AttentionMap map = Read(RandomModel(Kinds.Vaswani), options);
        Assert.Equal(Length, map.Positions);
        Assert.Equal(59, map.Queries);
        Assert.Equal(1, map.Mean(0, 0).Sum(), 1e-6);
        Assert.Throws<InputException>(() => AttentionOptions.ForTrained(new() { TargetLength = Length, MemoryLength = 0 }, 8));
    }

    [Fact]
    public void What_cannot_be_looked_at_is_told()
    {
        using CpuBackend backend = new(threads: 1);
        LstmConfiguration lstm = new() { VocabularySize = Vocabulary, Layers = 1, ModelSize = 8 };
        Assert.Contains("LSTM, which has no attention", Assert.Throws<InputException>(() => new AttentionReader(LanguageModel.Create(lstm), backend)).Message, StringComparison.Ordinal);
        AttentionOptions options = AttentionOptions.ForTrained(new() { TargetLength = Length, MemoryLength = 70 });
        TransformerXLModel model = RandomModel(Kinds.TransformerXL);
        Assert.Contains("60 tokens, but a memory of 140 is full only after 140", Assert.Throws<InputException>(() => Read(model, options)).Message, StringComparison.Ordinal);
        AttentionOptions far = AttentionOptions.ForTrained(new() { TargetLength = Length, MemoryLength = 7 }) with { Targets = [99] };
        Assert.Contains("target 99 is outside of what was averaged: tokens 14 to 58", Assert.Throws<InputException>(() => Read(model, far)).Message, StringComparison.Ordinal);
    }

    private static TransformerXLModel RandomModel(string kind) => new(new TransformerXLConfiguration
    {
        VocabularySize = Vocabulary,
        Layers = 2,
        ModelSize = 16,
        Heads = 2,
        InitialDeviation = 0.4f,
    }.AsAttention(kind, rows: 12));

    /// <summary>One head without content whose position bias v is the sinusoid of a distance k: v . R_p = s sum_i cos((p - k) f_i) is greatest at k.</summary>
    private static TransformerXLModel LooksBack(int distance)
    {
        const int size = 32;
        TransformerXLModel model = new(new TransformerXLConfiguration { VocabularySize = Vocabulary, Layers = 1, ModelSize = size, Heads = 1 });
        RelativeAttention attention = (RelativeAttention)model.Layers[0].Attention;
        attention.QueryKeyValue.Value.Span.Clear();
        attention.U.Value.Span.Clear();
        attention.Relative.Value.Span.Clear();
        for (int i = 0; i < size; i++)
        {
            attention.Relative.Value.Span[(i * size) + i] = 1;
        }

        ReadOnlySpan<float> wave = new Sinusoids(size).Descending(distance + 1, 0).Span[..size];
        for (int i = 0; i < size; i++)
        {
            attention.V.Value.Span[i] = 60 * wave[i];
        }

        return model;
    }

    private static AttentionMap Read(TransformerXLModel model, AttentionOptions options, int threads = 2)
    {
        using CpuBackend backend = new(threads: threads);
        return new AttentionReader(model, backend).Read(Text, options);
    }

    private static double[][] MeanByDefinition(TransformerXLModel model, ContextConfiguration context, int positions, out long queries)
    {
        using CpuBackend backend = new(threads: 1);
        Tape tape = new(backend);
        HiddenMemory memory = model.CreateState(context.MemoryLength, 1);
        double[][] sums = [.. Enumerable.Range(0, 4).Select(_ => new double[positions])];
        queries = 0;
        for (int start = 0; start < Text.Length - 1; start += Length)
        {
            int count = Math.Min(Length, Text.Length - 1 - start), remembered = memory.Rows, keys = remembered + count;
            ForwardTrace trace = new(2);
            tape.BeginEvaluation();
            model.Forward(tape, tape.Allocate(Text.AsSpan(start, count)), memory, context, default, int.MaxValue, trace);
            if (remembered < context.MemoryLength)
            {
                continue;
            }

            queries += count;
            for (int head = 0; head < 4; head++)
            {
                float[] probabilities = ModelOracle.AttentionProbabilities(model, trace.Attention[head / 2], context, remembered);
                for (int query = 0; query < count; query++)
                {
                    for (int distance = 0; distance < positions; distance++)
                    {
                        sums[head][distance] += probabilities[((((head % 2) * count) + query) * keys) + remembered + query - distance];
                    }
                }
            }
        }

        long all = queries;
        return [.. sums.Select(sum => Array.ConvertAll(sum, value => value / all))];
    }

    private static Variable KernelOutput(Tape tape, string kind, AttentionTrace trace, int maxDistance)
    {
        Variable q = tape.Constant(trace.Queries), kv = tape.Constant(trace.KeysValues);
        return kind switch
        {
            Kinds.TransformerXL => tape.RelativeAttention(q, kv, tape.Constant(trace.Relative), tape.Constant(trace.ContentBias), tape.Constant(trace.PositionBias), maxDistance),
            Kinds.Shaw => tape.LearnedRelativeAttention(q, kv, tape.Constant(trace.Relative), tape.Constant(trace.ContentBias), tape.Constant(trace.DistanceBias), maxDistance),
            _ => tape.Attention(q, kv, 2, maxDistance),
        };
    }

    /// <summary>softmax of the sum of the terms, times v, for one head: (L, 8).</summary>
    private static float[] OutputOf(AttentionTrace trace, int head, int maxDistance, int terms)
    {
        int keys = trace.KeysValues.Shape[0], remembered = keys - Length;
        HeadScores scores = new(keys);
        scores.Begin(trace, head, 2);
        float[] output = new float[Length * 8];
        for (int query = 0; query < Length; query++)
        {
            scores.Query(query, maxDistance, 0);
            double[] sum = [.. Enumerable.Range(0, scores.Whole.Length).Select(distance => Enumerable.Range(0, terms).Sum(term => (double)scores.Of(term)[distance]))];
            double total = sum.Sum(Math.Exp);
            for (int distance = 0; distance < sum.Length; distance++)
            {
                for (int i = 0; i < 8; i++)
                {
                    output[(query * 8) + i] += (float)(Math.Exp(sum[distance]) / total) * trace.KeysValues.Span[((remembered + query - distance) * 32) + 16 + (head * 8) + i];
                }
            }
        }

        return output;
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"value {i}: expected {expected[i]}, got {actual[i]}");
        }
    }
}
