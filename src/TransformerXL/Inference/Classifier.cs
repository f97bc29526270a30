using System.Globalization;
using TransformerXL.Heads;
using TransformerXL.Heads.Explaining;
using TransformerXL.Labels;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// Tells labels or a number of texts of any length. A text is read once, segment by segment with the memory of the model, in constant memory. For one thread at a time.
/// </summary>
/// <remarks>The result of a text depends neither on other texts in the same call nor on the number of threads.</remarks>
public sealed class Classifier
{
    private readonly TaskRunner _runner;
    private readonly TaskTexts _texts;
    private Explainer? _explainer;

    // Of the last text that was read as a stream; a concurrent call creates its own.
    private DocumentReader? _reader;

    /// <summary>Creates a classifier.</summary>
    /// <param name="trained">A model with a head for whole texts.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="ownsModel">
    /// Whether the model is used for nothing else, not for explanations either: its matrices then give their memory to the forms that are computed with, see <see cref="InferenceOptions.OwnsModel"/>.
    /// </param>
    /// <exception cref="InputException">The model has no such head.</exception>
    public Classifier(ModelFolder trained, Backend backend, bool ownsModel = false)
    {
        _runner = TaskFolders.Runner(trained, backend, "labels of texts", head => head.IsOfText, ownsModel);
        _texts = new TaskTexts(trained.Vocabulary);
    }

    internal Classifier(TaskRunner runner, TaskTexts texts) => (_runner, _texts) = (runner, texts);

    /// <summary>The head: what the model predicts, and its labels.</summary>
    public HeadConfiguration Head => _runner.Head.Configuration;

    /// <summary>Classifies a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="second">A second text, for a model of pairs.</param>
    /// <exception cref="InputException">The model was trained on pairs of texts and there is one text, or the reverse.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public Classification Classify(string text, string? second = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Classify([(text, second)])[0];
    }

    /// <summary>Classifies texts, or pairs of texts, side by side.</summary>
    /// <param name="texts">The texts; those of about the same length together are read fastest.</param>
    /// <returns>The results in the order of the texts.</returns>
    /// <exception cref="ArgumentException">A text is null.</exception>
    /// <exception cref="InputException">The model was trained on pairs of texts and there is one text, or the reverse.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public IReadOnlyList<Classification> Classify(IReadOnlyList<(string Text, string? Second)> texts) => Classify(texts, CancellationToken.None);

    /// <summary>The same, until it is cancelled.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Ends the reading between two segments.</param>
    /// <exception cref="ArgumentException">A text is null.</exception>
    /// <exception cref="InputException">The model was trained on pairs of texts and there is one text, or the reverse.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public IReadOnlyList<Classification> Classify(IReadOnlyList<(string Text, string? Second)> texts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        NullElements.Refuse(texts, text => text.Text, nameof(texts));
        foreach ((_, string? second) in texts)
        {
            RequirePair(second is not null);
        }

        using BackendUse use = _runner.Backend.Enter();
        return OfTokens([.. texts.Select(text => _texts.OfText(text.Text, text.Second))], cancellationToken);
    }

    /// <summary>Classifies UTF-8 text of any length in constant memory.</summary>
    /// <param name="utf8">The text, which is read to its end and is not closed.</param>
    /// <param name="cancellationToken">Ends the reading between two segments.</param>
    /// <exception cref="InputException">The text is not valid UTF-8 and the vocabulary needs that, or the model was trained on pairs of texts.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public async Task<Classification> ClassifyAsync(Stream utf8, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        RequirePair(hasSecond: false);
        TokenReader tokens = TokenReader.From(utf8, ByteOrderMark.Skip(_texts.CreateEncoder()));
        DocumentReader reader = Interlocked.Exchange(ref _reader, null) ?? _runner.NewReader(1);
        StreamedPooling pooling = new(_runner.Head, 1);
        reader.Clear();
        pooling.Clear();
        int[] segment = new int[_runner.Context.TargetLength];
        _texts.Before.CopyTo(segment, 0);
        long count = 0, unknown = 0;
        int[] after = _texts.After;
        int marks = 0;
        for (int filled = _texts.Before.Length; marks < after.Length; filled = 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = marks > 0 ? 0 : await tokens.FillAsync(segment.AsMemory(filled), cancellationToken).ConfigureAwait(false);
            unknown += _texts.CountUnknown(segment.AsSpan(filled, read));
            filled += read;
            for (; filled < segment.Length && marks < after.Length; marks++)
            {
                segment[filled++] = after[marks];
            }

            count += filled;
            Read(reader, pooling, segment, filled);
        }

        float[] logits = Finish(reader, pooling);
        _reader = reader;
        return Of(logits, count) with { Unknown = unknown };
    }

    /// <summary>Tells which tokens of a text moved its label or number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="second">A second text, for a model of pairs.</param>
    /// <param name="options">The label and what is measured; the standard if null.</param>
    /// <param name="cancellationToken">Ends the measurement between two segments.</param>
    /// <exception cref="InputException">An option is not valid, the model does not have the label, it was trained on pairs of texts and there is one text or the reverse, or the text is too long for a gradient.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public Explanation Explain(string text, string? second = null, ExplanationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        (options ??= new ExplanationOptions()).Validate();
        RequirePair(second is not null);
        using BackendUse use = _runner.Backend.Enter();
        ExplainedDocument document = _texts.Explain(text, second);
        float[] logits = _runner.OfTexts([document.Ids], cancellationToken)[0];
        int label = LabelOf(options.Label, logits);
        TaskScore score = Head.Kind == HeadKind.Number ? new NumberScore(Head) : new LabelScore(label, Head.Labels.Count, excludes: Head.Kind == HeadKind.OneLabel);
        (double value, double[] gradients, double?[] leftOut) = (_explainer ??= new Explainer(_runner, _texts.Mark)).Explain(document, logits, [score], options, cancellationToken)[0];
        string prediction = Head.Kind == HeadKind.Number ? value.ToString(CultureInfo.InvariantCulture) : Head.Labels[label];
        return Explanation.Of(prediction, value, document, source => source == InfluenceSource.Second ? second! : text, gradients, leftOut);
    }

    /// <summary>Classifies texts that are tokens already.</summary>
    internal IReadOnlyList<Classification> OfTokens(IReadOnlyList<int[]> documents, CancellationToken stop = default)
    {
        float[][] logits = _runner.OfTexts(documents, stop);
        return [.. logits.Select((values, i) => Of(values, documents[i].Length))];
    }

    /// <summary>What a head predicts of a text.</summary>
    internal static Classification Of(HeadConfiguration head, ReadOnlySpan<float> logits, long tokens)
    {
        if (head.Kind == HeadKind.Number)
        {
            return new Classification { Labels = [], Probabilities = [], Number = (logits[0] * head.NumberScale) + head.NumberMean, Tokens = tokens };
        }

        bool isOne = head.Kind == HeadKind.OneLabel;
        double[] probabilities = isOne ? Distribution.Softmax(logits) : [.. logits.ToArray().Select(Distribution.Sigmoid)];
        return new Classification
        {
            Labels = isOne ? [head.Labels[Distribution.Best(logits)]] : [.. Enumerable.Range(0, head.Labels.Count).Where(i => probabilities[i] >= 0.5).OrderByDescending(i => probabilities[i]).Select(i => head.Labels[i])],
            Probabilities = [.. head.Labels.Select((label, i) => new LabelProbability(label, probabilities[i]))],
            Tokens = tokens,
        };
    }

    /// <summary>Checks that a text, with or without a second one, is what the model was trained on.</summary>
    /// <returns>Whether there is a second text.</returns>
    internal bool RequirePair(bool hasSecond) => Head.FaultOfPair(hasSecond) is { } fault ? throw new InputException(fault) : hasSecond;

    /// <summary>The place of a label; of the most probable one for null.</summary>
    private int LabelOf(string? label, ReadOnlySpan<float> logits) => label is null ? Distribution.Best(logits) : new LabelSet(Head.Labels).IdOf(label);

    private void Read(DocumentReader reader, StreamedPooling pooling, int[] segment, int count)
    {
        using BackendUse use = _runner.Backend.Enter();
        int rows = DocumentReader.FillsSegments(_runner.Model) ? segment.Length : count;
        Array.Clear(segment, count, segment.Length - count);
        pooling.NGrams?.Read(0, segment.AsSpan(0, count));
        pooling.Add(reader.Tape, reader.Read(segment.AsSpan(0, rows), [count]), [count]);
    }

    private float[] Finish(DocumentReader reader, StreamedPooling pooling)
    {
        using BackendUse use = _runner.Backend.Enter();
        return _runner.Finish(reader, pooling);
    }

    private Classification Of(ReadOnlySpan<float> logits, long tokens) => Of(Head, logits, tokens);
}
