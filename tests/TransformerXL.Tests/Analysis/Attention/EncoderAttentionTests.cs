using TransformerXL.Analysis.Attention;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Analysis.Attention;

/// <summary>What the heads of a model that reads in both directions attend to.</summary>
public sealed class EncoderAttentionTests
{
    private const int Length = 9;

    private static readonly SpecialTokensVocabulary s_vocabulary = new(new ByteVocabulary());

    private static readonly int[] s_text = [.. Enumerable.Range(0, 40).Select(i => ((i * i) + (i / 3)) % 200)];

    [Theory]
    [InlineData(EncoderPositions.Learned, 0)]
    [InlineData(EncoderPositions.Sinusoidal, 0)]
    [InlineData(EncoderPositions.Relative, 0)]
    [InlineData(EncoderPositions.Relative, 6)]
    public void The_scores_give_the_output_that_the_kernel_computed(EncoderPositions positions, int memoryLength)
    {
        EncoderModel model = Model(positions);
        using CpuBackend backend = new(threads: 1);
        ContextConfiguration context = new() { TargetLength = Length, MemoryLength = memoryLength };
        Tape tape = new(backend);
        HiddenMemory memory = model.CreateState(memoryLength, 1);
        ForwardTrace trace = new(2);
        for (int segment = 0; segment < 3; segment++)
        {
            tape.BeginEvaluation();
            model.Forward(tape, tape.Allocate(s_text.AsSpan(segment * Length, Length)), memory, context, default, null, trace);
        }

        foreach (AttentionTrace attention in trace.Attention)
        {
            int keys = attention.KeysValues.Shape[0];
            Assert.Equal(Length + memoryLength, keys);
            Variable q = tape.Constant(attention.Queries), kv = tape.Constant(attention.KeysValues);
            Variable kernel = attention.Relative.IsEmpty
                ? tape.Attention(q, kv, 2, Visibility.Bidirectional)
                : tape.RelativeAttention(q, kv, tape.Constant(attention.Relative), tape.Constant(attention.ContentBias), tape.Constant(attention.PositionBias), Visibility.Bidirectional);
            for (int head = 0; head < 2; head++)
            {
                HeadScores scores = new(keys);
                scores.Begin(attention, head, 2);
                for (int row = 0; row < Length; row++)
                {
                    int following = Length - 1 - row;
                    scores.Query(row, int.MaxValue, following);
                    Assert.Equal(keys, scores.Whole.Length);
                    double[] output = Weighted(attention, scores.Whole, head, keys - Length + row, following);
                    for (int c = 0; c < 8; c++)
                    {
                        Assert.Equal(kernel.Value.Span[(row * 16) + (head * 8) + c], output[c], 2e-5);
                    }
                }
            }
        }
    }

    [Fact]
    public void Both_sides_are_averaged_and_segments_are_between_special_tokens()
    {
        EncoderModel model = Model(EncoderPositions.Learned);
        using CpuBackend backend = new(threads: 2);
        AttentionOptions options = AttentionOptions.ForEncoder(new ContextConfiguration { TargetLength = Length, MemoryLength = 0 }) with { Targets = [3] };
        AttentionMap map = new AttentionReader(model, backend, s_vocabulary).Read(s_text, options);
        Assert.Equal((Length, Length - 1, false), (map.Positions, map.After, map.IsCausal));

        // 40 tokens in pieces of 7, each with two special tokens.
        Assert.Equal(40 + (2 * 6), map.Queries);
        for (int head = 0; head < 4; head++)
        {
            double[] mean = map.Mean(head / 2, head % 2);
            Assert.Equal(Length + Length - 1, mean.Length);
            Assert.Equal(1, mean.Sum(), 1e-6);
            Assert.Contains(mean[..(Length - 1)], value => value > 0.01);
        }

        AttentionTarget target = Assert.Single(map.Targets);
        Assert.Equal(Length - 1 - 3, target.After);
        Assert.Equal([s_vocabulary.ClassId!.Value, .. s_text[..7], s_vocabulary.SeparatorId!.Value], target.Context.ToArray().Reverse());
        Assert.Equal(1, target.Weights(0, 0).ToArray().Sum(), 1e-5);
        Assert.All(map.Widths(), width => Assert.InRange(width.MeanDistance, 0.1, Length));
    }

    [Fact]
    public void A_page_and_tables_have_the_distances_of_both_sides()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(threads: 2);
        AttentionOptions options = AttentionOptions.ForEncoder(new ContextConfiguration { TargetLength = Length, MemoryLength = 0 });
        AttentionMap map = new AttentionReader(Model(EncoderPositions.Relative), backend, s_vocabulary).Read(s_text, options);
        Assert.Equal(4, map.Terms.Count);
        new AttentionReport { Map = map, Vocabulary = s_vocabulary, Model = "m", Text = "t", Widest = 2 }.Write(folder.Path);
        string[] lines = File.ReadAllLines(folder["attention.csv"]);
        Assert.Equal(1 + (4 * (Length + Length - 1)), lines.Length);
        Assert.StartsWith("1,1,-8,", lines[1], StringComparison.Ordinal);
        Assert.Contains("+8", File.ReadAllText(folder["attention.html"]), StringComparison.Ordinal);
        Assert.Contains(",-", File.ReadAllText(folder["targets.csv"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(5, 3)]
    [InlineData(200, 100)]
    [InlineData(64, 200)]
    public void Groups_of_distances_cover_each_distance_once(int positions, int after)
    {
        DistanceBins bins = new(positions, after);
        double[] means = bins.Means([.. Enumerable.Range(0, after + positions).Select(i => (double)(i - after))]);
        Assert.Equal(bins.Names.Count, means.Length);
        Assert.Equal(means.Order(), means);
        for (int i = 0; i < means.Length; i++)
        {
            string[] ends = bins.Names[i].TrimStart('+').Split('–');
            Assert.Equal(Math.Abs(means[i]), ends.Average(double.Parse), 1e-9);
            Assert.Equal(means[i] < 0, bins.Names[i].StartsWith('+'));
        }
    }

    private static double[] Weighted(AttentionTrace trace, ReadOnlySpan<float> scores, int head, int own, int following)
    {
        double[] output = new double[8];
        double max = float.NegativeInfinity, sum = 0;
        foreach (float score in scores)
        {
            max = Math.Max(max, score);
        }

        for (int i = 0; i < scores.Length; i++)
        {
            double weight = Math.Exp(scores[i] - max);
            sum += weight;
            for (int c = 0; c < 8; c++)
            {
                output[c] += weight * trace.KeysValues.Span[((own - (i - following)) * 32) + 16 + (head * 8) + c];
            }
        }

        return [.. output.Select(value => value / sum)];
    }

    private static EncoderModel Model(EncoderPositions positions) => new(
        (EncoderConfiguration)new EncoderConfiguration { VocabularySize = 1, Layers = 2, ModelSize = 16, Heads = 2, Positions = positions, InitialDeviation = 0.4f }
            .For(s_vocabulary, new ContextConfiguration { TargetLength = Length, MemoryLength = 0 }));
}
