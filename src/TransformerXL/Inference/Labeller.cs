using TransformerXL.Heads;
using TransformerXL.Labels;
using TransformerXL.Tensors;

namespace TransformerXL.Inference;

/// <summary>
/// Labels the words of texts of any length: parts of speech, names. A text is read once, segment by segment with the memory of the model. For one thread at a time.
/// </summary>
/// <remarks>The result of a text does not depend on the texts beside it, nor on the number of threads.</remarks>
public sealed class Labeller
{
    private readonly TaskRunner _runner;
    private readonly TaskTexts _texts;
    private readonly LabelDecoder _decoder;

    /// <summary>Creates a labeller.</summary>
    /// <param name="trained">A model with a head for words.</param>
    /// <param name="backend">What computes.</param>
    /// <exception cref="InputException">The model has no such head.</exception>
    public Labeller(ModelFolder trained, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentNullException.ThrowIfNull(backend);
        TaskHead head = TaskFolders.Require(trained, "labels of words", head => head.Kind == HeadKind.Tags);
        _runner = new TaskRunner(trained.Model, head, backend, trained.Configuration.Context);
        _texts = new TaskTexts(trained.Vocabulary);
        _decoder = LabelDecoder.Create(head, backend);
    }

    /// <summary>The head: what the model predicts, and its labels.</summary>
    public HeadConfiguration Head => _runner.Head.Configuration;

    /// <summary>Labels the words of a text, which white space divides.</summary>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public Labelling Label(string text) => Label([LabellerInput.Of(text)])[0];

    /// <summary>Labels the words of texts, side by side.</summary>
    /// <param name="texts">The texts; those of about the same length together are read fastest.</param>
    /// <returns>The results in the order of the texts.</returns>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public IReadOnlyList<Labelling> Label(IReadOnlyList<LabellerInput> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        (int Label, double Probability)[][] best = Best([.. texts.Select(text => text.Words)]);
        return [.. texts.Select((text, i) => Of(text, best[i]))];
    }

    /// <summary>The predicted label of each word.</summary>
    internal (int Label, double Probability)[][] Best(IReadOnlyList<IReadOnlyList<string>> texts)
    {
        (int[] Ids, int[] Places)[] documents = [.. texts.Select(words => _texts.OfWords(words, Head))];
        float[][] logits = _runner.OfWords(documents);
        int[][] labels = _decoder.Decode(logits);
        double[][] probabilities = _decoder.ProbabilitiesOf(logits, labels);
        return [.. labels.Zip(probabilities, (own, p) => own.Zip(p).ToArray())];
    }

    private Labelling Of(LabellerInput input, (int Label, double Probability)[] best)
    {
        WordLabel[] labelled = [.. input.Words.Select((word, i) => new WordLabel(word, Head.Labels[best[i].Label], best[i].Probability, input.Starts[i]))];
        IReadOnlyList<TagSpan> spans = Head.Scheme == TagScheme.Plain ? [] : TagSchemes.Spans([.. labelled.Select(word => word.Label)], Head.Scheme);
        return new Labelling { Words = labelled, Spans = [.. spans.Select(span => Of(span, labelled, input.Text))] };
    }

    private static LabelledSpan Of(TagSpan span, WordLabel[] words, string text)
    {
        (int start, int end) = (words[span.Start].Start, words[span.End - 1].End);
        return new LabelledSpan(span.Type, text[start..end], start, end, words[span.Start..span.End].Min(word => word.Probability));
    }
}
