using TransformerXL.Heads;
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
    }

    internal Labeller(TaskRunner runner, TaskTexts texts) => (_runner, _texts) = (runner, texts);

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

    /// <summary>The most probable label of each word.</summary>
    internal (int Label, double Probability)[][] Best(IReadOnlyList<IReadOnlyList<string>> texts)
    {
        (int[] Ids, int[] Places)[] documents = [.. texts.Select(words => _texts.OfWords(words, Head))];
        float[][] logits = _runner.OfTokens([.. documents.Select(document => document.Ids)]);
        int outputs = Head.Labels.Count;
        return [.. documents.Select((document, i) => Array.ConvertAll(document.Places, place => BestOf(logits[i].AsSpan(place * outputs, outputs))))];
    }

    private static (int Label, double Probability) BestOf(ReadOnlySpan<float> logits)
    {
        int best = Distribution.Best(logits);
        return (best, Distribution.Softmax(logits)[best]);
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
