using TransformerXL.Heads;
using TransformerXL.Heads.Explaining;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>What a caller may do wrong, or end: the error of a text that is null names the parameter and its place in a list.</summary>
public sealed class TaskCallTests : IDisposable
{
    private static readonly TaskTexts s_texts = new(new ByteVocabulary());

    private readonly CpuBackend _backend = new(null, 1);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void A_classifier_names_it()
    {
        Classifier classifier = new(Runner(new HeadConfiguration { Kind = HeadKind.OneLabel, Labels = ["a", "b"] }), s_texts);
        Assert.Equal("text", Assert.Throws<ArgumentNullException>(() => classifier.Classify((string)null!)).ParamName);
        RequireElement("texts", () => classifier.Classify([("x", null), (null!, null)]));
    }

    [Fact]
    public void An_answerer_names_it()
    {
        Answerer answerer = new(Runner(new HeadConfiguration { Kind = HeadKind.Spans }), s_texts);
        Assert.Equal("question", Assert.Throws<ArgumentNullException>(() => answerer.Answer(null!, "x")).ParamName);
        Assert.Equal("text", Assert.Throws<ArgumentNullException>(() => answerer.Answer("x", null!)).ParamName);
        RequireElement("questions", () => answerer.Answer([("x", "y"), ("x", null!)]));
    }

    [Fact]
    public void A_labeller_names_it()
    {
        Labeller labeller = new(Runner(new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["a", "b"] }), s_texts);
        Assert.Equal("text", Assert.Throws<ArgumentNullException>(() => labeller.Label((string)null!)).ParamName);
        RequireElement("texts", () => labeller.Label([LabellerInput.Of("x"), null!]));
        RequireElement("words", () => LabellerInput.Of(["x", null!]));
    }

    [Fact]
    public void No_texts_have_no_results()
    {
        HeadConfiguration labels = new() { Labels = ["a", "b"] };
        Assert.Empty(new Classifier(Runner(labels with { Kind = HeadKind.OneLabel }), s_texts).Classify([]));
        Assert.Empty(new Labeller(Runner(labels with { Kind = HeadKind.Tags }), s_texts).Label([]));
        Assert.Empty(new Labeller(Runner(labels with { Kind = HeadKind.Tags, LabelLayer = LabelLayer.Crf }), s_texts).Label([]));
        Assert.Empty(new Answerer(Runner(new HeadConfiguration { Kind = HeadKind.Spans }), s_texts).Answer([]));
    }

    /// <summary>Texts are encoded in buffers that are used again: that must not begin while another thread is at it.</summary>
    [Fact]
    public void A_call_while_another_thread_uses_the_backend_is_refused_before_it_reads_a_text()
    {
        HeadConfiguration labels = new() { Labels = ["a", "b"] };
        TaskTexts texts = new(new CharacterVocabulary("ab".EnumerateRunes()));
        Classifier classifier = new(Runner(labels with { Kind = HeadKind.OneLabel }), texts);
        Labeller labeller = new(Runner(labels with { Kind = HeadKind.Tags }), texts);
        Answerer answerer = new(Runner(new HeadConfiguration { Kind = HeadKind.Spans }), texts);
        Action[] calls =
        [
            () => classifier.Classify("xyz"), () => classifier.Explain("xyz"), () => labeller.Label("xyz"), () => labeller.Explain(LabellerInput.Of("xyz")),
            () => answerer.Answer("xyz", "xyz"), () => answerer.Explain("xyz", "xyz"),
        ];
        List<Exception?> refused = [];
        using (_backend.Enter())
        {
            Thread thread = new(() => refused.AddRange(calls.Select(Record.Exception)));
            thread.Start();
            thread.Join();
        }

        Assert.All(refused, exception => Assert.IsType<InvalidOperationException>(exception));
        Assert.Equal((calls.Length, 0), (refused.Count, texts.Unknown));
        calls[0]();
        Assert.Equal(3, texts.Unknown);
    }

    [Fact]
    public async Task Texts_that_are_read_as_streams_at_the_same_time_do_not_mix()
    {
        Classifier classifier = new(Runner(new HeadConfiguration { Kind = HeadKind.OneLabel, Labels = ["a", "b"] }), s_texts);
        byte[] first = [.. Enumerable.Range(0, 40).Select(i => (byte)(1 + (i % 20)))], second = [.. first.Reverse()];
        Classification[] alone = [await classifier.ClassifyAsync(new MemoryStream(first)), await classifier.ClassifyAsync(new MemoryStream(second))];
        Assert.NotEqual(alone[0].Probabilities, alone[1].Probabilities);
        using WaitingStream waiting = new(first);
        Task<Classification> reading = classifier.ClassifyAsync(waiting);
        Assert.Equal(alone[1].Probabilities, (await classifier.ClassifyAsync(new MemoryStream(second))).Probabilities);
        Assert.Equal(alone[1].Probabilities, classifier.Classify(System.Text.Encoding.UTF8.GetString(second)).Probabilities);
        waiting.GoOn.SetResult();
        Assert.Equal(alone[0].Probabilities, (await reading).Probabilities);
    }

    /// <summary>Gives the second half when it may.</summary>
    private sealed class WaitingStream(byte[] content) : MemoryStream(content)
    {
        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position > 0)
            {
                await GoOn.Task;
            }

            return await base.ReadAsync(buffer[..Math.Min(buffer.Length, (int)(Length / 2))], cancellationToken);
        }
    }

    [Fact]
    public void More_texts_than_are_read_together_have_the_results_of_each_alone()
    {
        Classifier classifier = new(Runner(new HeadConfiguration { Kind = HeadKind.SeveralLabels, Labels = ["a", "b", "c"] }), s_texts);
        (string, string?)[] texts = [.. Enumerable.Range(0, 600).Select(i => (new string((char)(1 + (i % 26)), 1 + (i % 7)), (string?)null))];
        IReadOnlyList<Classification> together = classifier.Classify(texts);
        foreach (int i in (int[])[0, 255, 256, 511, 599])
        {
            Classification alone = classifier.Classify(texts[i].Item1);
            Assert.Equal(alone.Probabilities, together[i].Probabilities);
            double[] chosen = [.. alone.Labels.Select(label => alone.Probabilities.First(each => each.Label == label).Probability)];
            Assert.Equal(chosen.OrderDescending(), chosen);
        }
    }

    [Fact]
    public void A_cancelled_reading_of_a_long_text_ends()
    {
        CancellationToken cancelled = new(canceled: true);
        string text = new('\u0001', 100);
        HeadConfiguration labels = new() { Labels = ["a", "b"] };
        Assert.Throws<OperationCanceledException>(() => new Classifier(Runner(labels with { Kind = HeadKind.OneLabel }), s_texts).Classify([(text, null)], cancelled));
        Assert.Throws<OperationCanceledException>(() => new Labeller(Runner(labels with { Kind = HeadKind.Tags }), s_texts).Label([LabellerInput.Of(text)], cancelled));
        Assert.Throws<OperationCanceledException>(() => new Answerer(Runner(new HeadConfiguration { Kind = HeadKind.Spans }), s_texts).Answer([("\u0001", text)], cancelled));
    }

    [Fact]
    public void A_cancelled_explanation_of_a_long_text_ends_in_each_of_its_passes()
    {
        CancellationToken cancelled = new(canceled: true);
        string text = new('\u0001', 100);
        HeadConfiguration labels = new() { Labels = ["a", "b"] };
        Assert.Throws<OperationCanceledException>(() => new Classifier(Runner(labels with { Kind = HeadKind.OneLabel }), s_texts).Explain(text, null, null, cancelled));
        Assert.Throws<OperationCanceledException>(() => new Labeller(Runner(labels with { Kind = HeadKind.Tags }), s_texts).Explain(LabellerInput.Of(text), null, cancelled));
        Assert.Throws<OperationCanceledException>(() => new Answerer(Runner(new HeadConfiguration { Kind = HeadKind.Spans }), s_texts).Explain("\u0001", text, null, cancelled));

        TaskRunner runner = Runner(labels with { Kind = HeadKind.OneLabel });
        ExplainedDocument document = s_texts.Explain(text);
        float[] logits = runner.OfTexts([document.Ids])[0];
        Explainer explainer = new(runner, s_texts.Mark);
        Assert.Throws<OperationCanceledException>(() => explainer.Explain(document, logits, [new LabelScore(0, 2, excludes: true)], new ExplanationOptions(), cancelled));
        using CancellationTokenSource afterGradients = new();
        Assert.Throws<OperationCanceledException>(() => explainer.Explain(document, logits, [new CancellingScore(afterGradients)], new ExplanationOptions(), afterGradients.Token));
    }

    private static void RequireElement(string name, Action action)
    {
        ArgumentException fault = Assert.Throws<ArgumentException>(name, action);
        Assert.StartsWith("element 1 of 2 is null", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Cancels when its derivatives are computed, before pieces are left out.</summary>
    private sealed class CancellingScore(CancellationTokenSource stop) : TaskScore
    {
        public override double Measure(ReadOnlySpan<float> logits, Func<int, int> rowOf, Span<float> derivatives)
        {
            if (!derivatives.IsEmpty)
            {
                stop.Cancel();
            }

            return 0;
        }
    }

    private TaskRunner Runner(HeadConfiguration head) =>
        new(SmallModels.Plain, new TaskHead(head, SmallModels.Plain.Configuration.HiddenWidth), _backend, new ContextConfiguration { TargetLength = 8, MemoryLength = 8 });
}
