using TransformerXL.Heads;
using TransformerXL.Labels;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tests.Heads;

/// <summary>Decoding against all label sequences, one by one.</summary>
public sealed class CrfDecoderTests : IDisposable
{
    private readonly CpuBackend _backend = new(null, 2);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(TagScheme.Plain, "A", "B", "C")]
    [InlineData(TagScheme.Iob1, "O", "B-X", "I-X", "B-Y", "I-Y")]
    [InlineData(TagScheme.Iob2, "I-X", "O", "B-X", "I-Y", "B-Y")]
    [InlineData(TagScheme.Bioes, "O", "B-X", "I-X", "E-X", "S-X")]
    public void The_labels_are_the_best_sequence_that_the_scheme_allows(TagScheme scheme, params string[] labels)
    {
        TaskHead head = Head(scheme, labels, $"{scheme}");
        LabelDecoder decoder = LabelDecoder.Create(head, _backend);
        CrfOracle oracle = Oracle(head);
        RandomValues random = new($"words {scheme}");
        float[][] texts = [.. Enumerable.Range(1, 5).Select(words => random.Normal(words * labels.Length, 2)), []];
        int[][] decoded = decoder.Decode(texts);
        double[][] probabilities = decoder.ProbabilitiesOf(texts, decoded);
        double[] losses = decoder.Losses(texts, decoded);
        Assert.Empty(decoded[^1]);
        foreach ((float[] text, int i) in texts.SkipLast(1).Select((text, i) => (text, i)))
        {
            double[] emissions = Array.ConvertAll(text, value => (double)value);
            int[][] paths = [.. oracle.Paths(i + 1)];
            int[][] allowed = [.. paths.Where(path => TagSchemes.FirstFault([.. path.Select(label => labels[label])], scheme, out _) < 0)];
            Assert.Equal(allowed.MaxBy(path => oracle.Score(emissions, path)), decoded[i]);
            double Sum(IEnumerable<int[]> some) => some.Sum(path => Math.Exp(oracle.Score(emissions, path)));
            for (int t = 0; t <= i; t++)
            {
                Assert.Equal(Sum(allowed.Where(path => path[t] == decoded[i][t])) / Sum(allowed), probabilities[i][t], 1e-5);
            }

            Assert.Equal(Math.Log(Sum(paths)) - oracle.Score(emissions, decoded[i]), losses[i], 1e-4);
        }
    }

    [Theory]
    [InlineData(3, 40)]
    [InlineData(37, 25)]
    [InlineData(64, 8)]
    public void A_long_sequence_is_the_best_of_all_at_any_number_of_labels(int labels, int words)
    {
        TaskHead head = Head(TagScheme.Plain, [.. Enumerable.Range(0, labels).Select(label => $"L{label}")], $"{labels}");
        float[] text = new RandomValues($"long {labels}").Normal(words * labels);
        CrfOracle oracle = Oracle(head);
        double[] emissions = Array.ConvertAll(text, value => (double)value);
        int[] path = LabelDecoder.Create(head, _backend).Decode([text])[0];
        Assert.Equal(BestScore(head, emissions, labels, words), oracle.Score(emissions, path), 1e-4);
    }

    /// <summary>The score of the best sequence, by the recursion from the last word back.</summary>
    private static double BestScore(TaskHead head, double[] emissions, int labels, int words)
    {
        float[] transitions = head.Crf!.Transitions.Value.Span.ToArray(), start = head.Crf.Start.Value.Span.ToArray();
        double[] best = [.. head.Crf.End.Value.Span.ToArray().Select((end, label) => end + emissions[((words - 1) * labels) + label])];
        for (int t = words - 2; t >= 0; t--)
        {
            double[] after = best;
            best = [.. Enumerable.Range(0, labels).Select(i => emissions[(t * labels) + i] + Enumerable.Range(0, labels).Max(j => transitions[(i * labels) + j] + after[j]))];
        }

        return best.Zip(start, (value, first) => value + first).Max();
    }

    private static TaskHead Head(TagScheme scheme, string[] labels, string name)
    {
        TaskHead head = new(new HeadConfiguration { Kind = HeadKind.Tags, Labels = labels, Scheme = scheme, LabelLayer = LabelLayer.Crf }, 2);
        RandomValues random = new($"scores {name}");
        foreach (Tensors.Autodiff.Parameter parameter in (Tensors.Autodiff.Parameter[])[head.Crf!.Transitions, head.Crf.Start, head.Crf.End])
        {
            random.Normal(parameter.Value.Count).CopyTo(parameter.Value.Span);
        }

        return head;
    }

    private static CrfOracle Oracle(TaskHead head) => new(
        head.Configuration.Labels.Count, Doubles(head.Crf!.Transitions), Doubles(head.Crf.Start), Doubles(head.Crf.End));

    private static double[] Doubles(Tensors.Autodiff.Parameter parameter) => Array.ConvertAll(parameter.Value.Span.ToArray(), value => (double)value);
}
