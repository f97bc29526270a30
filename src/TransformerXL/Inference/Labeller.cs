using TransformerXL.Heads;
using TransformerXL.Heads.Explaining;
using TransformerXL.Labels;
using TransformerXL.Tensors;

namespace TransformerXL.Inference;

/// <summary>
/// Labels the words of texts of any length: parts of speech, names. A text is read once, segment by segment with the memory of the model. For one thread at a time.
/// </summary>
/// <remarks>The result of a text depends neither on other texts in the same call nor on the number of threads.</remarks>
public sealed class Labeller
{
    private readonly TaskRunner _runner;
    private readonly TaskTexts _texts;
    private readonly LabelDecoder _decoder;
    private readonly HashSet<string>? _wholeWords;
    private Explainer? _explainer;

    /// <summary>Creates a labeller.</summary>
    /// <param name="trained">A model with a head for words.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="ownsModel">
    /// Whether the model is used for nothing else, not for explanations either: its matrices then give their memory to the forms that are computed with, see <see cref="InferenceOptions.OwnsModel"/>.
    /// </param>
    /// <exception cref="InputException">The model has no such head.</exception>
    public Labeller(ModelFolder trained, Backend backend, bool ownsModel = false)
        : this(TaskFolders.Runner(trained, backend, "labels of words", head => head.Kind == HeadKind.Tags, ownsModel), new TaskTexts(trained.Vocabulary))
    {
    }

    internal Labeller(TaskRunner runner, TaskTexts texts)
    {
        (_runner, _texts, _decoder) = (runner, texts, LabelDecoder.Create(runner.Head, runner.Backend));
        _wholeWords = Head.WholeWords is { } words ? new HashSet<string>(words, StringComparer.Ordinal) : null;
    }

    /// <summary>The head: what the model predicts, and its labels.</summary>
    public HeadConfiguration Head => _runner.Head.Configuration;

    /// <summary>Labels the words of a text, which is divided into words as that of the training was.</summary>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public Labelling Label(string text) => Label([InputOf(text)])[0];

    /// <summary>A text, divided into words as that of the training was: see <see cref="HeadConfiguration.WholeWords"/>.</summary>
    public LabellerInput InputOf(string text) => LabellerInput.Of(text, _wholeWords);

    /// <summary>Labels the words of texts, side by side.</summary>
    /// <param name="texts">The texts; those of about the same length together are read fastest.</param>
    /// <returns>The results in the order of the texts.</returns>
    /// <exception cref="ArgumentException">A text is null.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public IReadOnlyList<Labelling> Label(IReadOnlyList<LabellerInput> texts) => Label(texts, CancellationToken.None);

    /// <summary>The same, until it is cancelled.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Ends the reading between two segments.</param>
    /// <exception cref="ArgumentException">A text is null.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public IReadOnlyList<Labelling> Label(IReadOnlyList<LabellerInput> texts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        NullElements.Refuse(texts, text => text, nameof(texts));
        (int Label, double Probability)[][] best = Best([.. texts.Select(text => text.Words)], cancellationToken);
        return [.. texts.Select((text, i) => Of(text, best[i]))];
    }

    /// <summary>Computes for each word of a text how much each token moved its label.</summary>
    /// <param name="input">The words.</param>
    /// <param name="options">What is measured; the standard if null. The labels that are explained are the predicted ones.</param>
    /// <param name="cancellationToken">Ends the measurement between two segments.</param>
    /// <returns>One explanation for each word. The score of a label is ln(p / (1 - p)) of its probability p in <see cref="Label(string)"/>.</returns>
    /// <exception cref="InputException">An option is not valid, a label is named, or the text is too long for a gradient.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public IReadOnlyList<Explanation> Explain(LabellerInput input, ExplanationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        (options ??= new ExplanationOptions()).Validate();
        Require.That(options.Label is null, $"a label to explain is named, '{options.Label}', but the predicted label of each word is explained", nameof(options.Label));
        using BackendUse use = _runner.Backend.Enter();
        (ExplainedDocument document, int[] places) = _texts.Explain(input, Head);
        if (places.Length == 0)
        {
            return [];
        }

        float[] logits = _runner.OfTokens([document.Ids], cancellationToken)[0];
        int labels = Head.Labels.Count;
        int[] best = _decoder.Decode([[.. places.SelectMany(place => logits.AsSpan((place + Head.Delay) * labels, labels).ToArray())]])[0];
        ChainMarginals? chain = _decoder is CrfDecoder crf ? new ChainMarginals(crf, places, labels) : null;
        TaskScore[] scores = [.. places.Select((place, word) => chain is null ? (TaskScore)new LabelScore(best[word], labels, excludes: true, place) : new ChainLabelScore(chain, word, best[word]))];
        (double Score, double[] Gradients, double?[] LeftOut)[] explained = (_explainer ??= new Explainer(_runner, _texts.Mark)).Explain(document, logits, scores, options, cancellationToken);
        return [.. explained.Select((word, i) => Explanation.Of(Head.Labels[best[i]], word.Score, document, _ => input.Text, word.Gradients, word.LeftOut))];
    }

    /// <summary>The predicted label of each word.</summary>
    internal (int Label, double Probability)[][] Best(IReadOnlyList<IReadOnlyList<string>> texts, CancellationToken stop = default)
    {
        using BackendUse use = _runner.Backend.Enter();
        (int[] Ids, int[] Places)[] documents = [.. texts.Select(words => _texts.OfWords(words, Head))];
        float[][] logits = _runner.OfWords(documents, stop);
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
