using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Heads;

/// <summary>The linear model over n-grams beside a head counts each n-gram of a text once, alike in training, prediction and explanation.</summary>
public sealed class NGramTests : IDisposable
{
    private static readonly int[] s_first = [3, 1, 3, 1, 3, 4, 1], s_second = [4, 4, 4];

    private readonly CpuBackend _backend = new(null, 2);

    public void Dispose() => _backend.Dispose();

    /// <summary>Gives the n-grams of a head, if it has any, weights other than zero.</summary>
    internal static void Fill(TaskHead head)
    {
        Random random = new(17);
        for (int i = 0; i < (head.NGrams?.Value.Span.Length ?? 0); i++)
        {
            head.NGrams!.Value.Span[i] = (float)((random.NextDouble() * 2) - 1);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Each_ngram_of_a_text_is_found_once_where_it_first_ends(int longest)
    {
        List<string> expected = [], found = [];
        HashSet<string> seen = [];
        NGramReader reader = new(Head(longest));
        List<NGram> rows = [];
        for (int t = 0; t < s_first.Length; t++)
        {
            for (int length = 1; length <= Math.Min(longest, t + 1); length++)
            {
                if (seen.Add(string.Join(' ', s_first[(t + 1 - length)..(t + 1)])))
                {
                    expected.Add($"{t} {length}");
                }
            }

            int before = rows.Count;
            reader.Read(s_first[t], rows);
            found.AddRange(rows.Skip(before).Select(ngram => $"{t} {ngram.Length}"));
        }

        Assert.Equal(expected, found);
        Assert.Equal(rows.Count, rows.Select(ngram => ngram.Row).Distinct().Count());
    }

    [Fact]
    public void Another_order_of_the_tokens_gives_other_ngrams_and_the_same_tokens()
    {
        Assert.Equal(Rows([1, 2], 1).Order(), Rows([2, 1], 1).Order());
        Assert.NotEqual(Rows([1, 2], 2).Order(), Rows([2, 1], 2).Order());
    }

    [Theory]
    [InlineData(2, 1 << 17)]
    [InlineData(128, 1 << 17)]
    [InlineData(1000, 1 << 14)]
    [InlineData(16_384, 1 << 10)]
    public void Many_labels_leave_fewer_rows(int labels, int rows) =>
        Assert.Equal(rows, new HeadConfiguration { Labels = [.. Enumerable.Range(0, labels).Select(label => $"{label}")], NGrams = 2 }.NGramRows);

    [Fact]
    public void Too_many_labels_are_refused_before_a_table_is_taken()
    {
        HeadConfiguration head = new() { Labels = [.. Enumerable.Range(0, 16_385).Select(label => $"{label}")], NGrams = 1 };
        Assert.Contains("16385 labels has n-grams, which are for at most 16384 labels", Assert.Throws<InputException>(() => new TaskHead(head, 4)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, HeadPooling.Mean, true)]
    [InlineData(2, HeadPooling.Max, true)]
    [InlineData(1, HeadPooling.Mean, false)]
    public void A_head_begins_with_ngrams_of_the_same_length(int longest, HeadPooling pooling, bool begins)
    {
        TaskHead trained = new(Head(longest) with { Pooling = pooling }, 4), head = new(Head(2), 4);
        Fill(trained);
        head.BeginWith(trained);
        Assert.Equal(begins, head.NGrams!.Value.Span.SequenceEqual(trained.NGrams!.Value.Span));
    }

    [Fact]
    public void Training_and_prediction_add_the_sum_of_the_rows_divided_by_the_root_of_their_number()
    {
        TaskHead head = new(Head(2), 4);
        Fill(head);
        int[] ids = TaskRunner.Columns([s_first, s_second]);
        Tape tape = new(_backend);
        tape.BeginTraining(0, 0);
        Variable logits = head.AddNGrams(tape, tape.Constant(Tensor.Allocate(new Shape(2, 3))), ids);
        StreamedNGrams streamed = new(head, 2);
        streamed.Read(0, s_first.AsSpan(0, 3));
        streamed.Read(1, s_second);
        streamed.Read(0, s_first.AsSpan(3));
        float[] added = new float[6];
        streamed.AddTo(added);
        foreach ((int stream, int[] text) in (ReadOnlySpan<(int, int[])>)[(0, s_first), (1, s_second)])
        {
            int[] rows = Rows(text, 2);
            for (int label = 0; label < 3; label++)
            {
                double expected = rows.Sum(row => (double)head.NGrams!.Value.Span[(row * 3) + label]) / Math.Sqrt(rows.Length);
                Assert.Equal(expected, logits.Value.Span[(stream * 3) + label], 1e-5);
                Assert.Equal(expected, added[(stream * 3) + label], 1e-6);
            }
        }

        // The gradient of the sum of all logits.
        tape.Backward(logits);
        float[] gradient = head.NGrams!.Gradient.Span.ToArray();
        Dictionary<int, double> roots = [];
        foreach (int[] text in (int[][])[s_first, s_second])
        {
            int[] rows = Rows(text, 2);
            foreach (int row in rows)
            {
                roots[row] = roots.GetValueOrDefault(row) + (1 / Math.Sqrt(rows.Length));
            }
        }

        Assert.All(roots, root => Assert.Equal(root.Value, gradient[(root.Key * 3) + 1], 1e-5));
        Assert.Equal(3 * roots.Values.Sum(), gradient.Sum(value => (double)value), 1e-4);
    }

    [Fact]
    public void An_explanation_divides_what_ngrams_add_among_their_tokens()
    {
        ModelConfiguration configuration = new TransformerXLConfiguration { VocabularySize = 256, Layers = 1, ModelSize = 8, Heads = 2, HeadSize = 4, InnerSize = 8 }.Resolve();
        TaskHead head = new(new HeadConfiguration { Kind = HeadKind.Number, NGrams = 2 }, configuration.HiddenWidth);
        Fill(head);
        // Without these the hidden states say nothing.
        head.Parameters[0].Value.Span.Clear();
        TaskRunner runner = new(LanguageModel.Create(configuration, 3), head, _backend, new ContextConfiguration { TargetLength = 6, MemoryLength = 6 });
        TaskTexts texts = new(new ByteVocabulary());
        const string Text = "abab cd";
        Explanation explanation = new Classifier(runner, texts).Explain(Text);
        int[] ids = texts.OfText(Text, null);
        double[] parts = new double[ids.Length];
        NGramReader reader = new(head.Configuration);
        List<NGram> found = [];
        for (int t = 0; t < ids.Length; t++)
        {
            int before = found.Count;
            reader.Read(ids[t], found);
            foreach (NGram ngram in found.Skip(before))
            {
                double weight = head.NGrams!.Value.Span[ngram.Row];
                parts[t] += weight / ngram.Length;
                parts[t - ngram.Length + 1] += ngram.Length == 2 ? weight / 2 : 0;
            }
        }

        double root = Math.Sqrt(found.Count);
        // A mark at each end is not shown.
        Assert.Equal(parts[1..^1].Select(part => Math.Round(part / root, 5)), explanation.Tokens.Select(token => Math.Round(token.Gradient, 5)));
        Assert.Equal(parts.Sum() / root, explanation.Score, 1e-5);
    }

    private static HeadConfiguration Head(int longest) => new() { Labels = ["a", "b", "c"], NGrams = longest };

    private static int[] Rows(int[] text, int longest)
    {
        NGramReader reader = new(Head(longest));
        List<NGram> found = [];
        foreach (int token in text)
        {
            reader.Read(token, found);
        }

        return [.. found.Select(ngram => ngram.Row)];
    }
}
