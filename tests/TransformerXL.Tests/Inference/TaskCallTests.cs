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
