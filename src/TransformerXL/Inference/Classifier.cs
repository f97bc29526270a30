using TransformerXL.Heads;
using TransformerXL.Tensors;

namespace TransformerXL.Inference;

/// <summary>
/// Tells labels or a number of texts of any length. A text is read once, segment by segment with the memory of the model, in constant memory. For one thread at a time.
/// </summary>
/// <remarks>The result of a text does not depend on the texts beside it, nor on the number of threads.</remarks>
public sealed class Classifier
{
    private readonly TaskRunner _runner;
    private readonly TaskTexts _texts;

    /// <summary>Creates a classifier.</summary>
    /// <param name="trained">A model with a head for whole texts.</param>
    /// <param name="backend">What computes.</param>
    /// <exception cref="InputException">The model has no such head.</exception>
    public Classifier(ModelFolder trained, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentNullException.ThrowIfNull(backend);
        TaskHead head = TaskFolders.Require(trained, "labels of texts", head => head.IsOfText);
        _runner = new TaskRunner(trained.Model, head, backend, trained.Configuration.Context);
        _texts = new TaskTexts(trained.Vocabulary);
    }

    internal Classifier(TaskRunner runner, TaskTexts texts) => (_runner, _texts) = (runner, texts);

    /// <summary>The head: what the model predicts, and its labels.</summary>
    public HeadConfiguration Head => _runner.Head.Configuration;

    /// <summary>Classifies a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="second">A second text, for a model of pairs.</param>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public Classification Classify(string text, string? second = null) => Classify([(text, second)])[0];

    /// <summary>Classifies texts, or pairs of texts, side by side.</summary>
    /// <param name="texts">The texts; those of about the same length together are read fastest.</param>
    /// <returns>The results in the order of the texts.</returns>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public IReadOnlyList<Classification> Classify(IReadOnlyList<(string Text, string? Second)> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return OfTokens([.. texts.Select(text => _texts.OfText(text.Text, text.Second))]);
    }

    /// <summary>Classifies UTF-8 text of any length in constant memory.</summary>
    /// <param name="utf8">The text, which is read to its end and is not closed.</param>
    /// <param name="cancellationToken">Ends the reading between two segments.</param>
    /// <exception cref="InputException">The text is not valid UTF-8 and the vocabulary needs that.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public async Task<Classification> ClassifyAsync(Stream utf8, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        TokenReader tokens = TokenReader.From(utf8, _texts.CreateEncoder());
        DocumentReader reader = _runner.Reader(1);
        StreamedPooling pooling = new(_runner.Head, 1);
        reader.Clear();
        pooling.Clear();
        int[] segment = new int[_runner.Context.TargetLength];
        segment[0] = _texts.Begin;
        long count = 0;
        bool marks = false;
        for (int filled = 1; !marks; filled = 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            filled += await tokens.FillAsync(segment.AsMemory(filled), cancellationToken).ConfigureAwait(false);
            if (filled < segment.Length)
            {
                segment[filled++] = _texts.End;
                marks = true;
            }

            count += filled;
            Read(reader, pooling, segment, filled);
        }

        return Of(Finish(reader, pooling), count);
    }

    /// <summary>Classifies texts that are tokens already.</summary>
    internal IReadOnlyList<Classification> OfTokens(IReadOnlyList<int[]> documents)
    {
        float[][] logits = _runner.OfTexts(documents);
        return [.. logits.Select((values, i) => Of(values, documents[i].Length))];
    }

    private void Read(DocumentReader reader, StreamedPooling pooling, int[] segment, int count)
    {
        using BackendUse use = _runner.Backend.Enter();
        int rows = DocumentReader.FillsSegments(_runner.Model) ? segment.Length : count;
        Array.Clear(segment, count, segment.Length - count);
        pooling.Add(reader.Tape, reader.Read(segment.AsSpan(0, rows), [count]), [count]);
    }

    private float[] Finish(DocumentReader reader, StreamedPooling pooling)
    {
        using BackendUse use = _runner.Backend.Enter();
        return _runner.Finish(reader, pooling);
    }

    private Classification Of(ReadOnlySpan<float> logits, long tokens)
    {
        if (Head.Kind == HeadKind.Number)
        {
            return new Classification { Labels = [], Probabilities = [], Number = (logits[0] * Head.NumberScale) + Head.NumberMean, Tokens = tokens };
        }

        bool isOne = Head.Kind == HeadKind.OneLabel;
        double[] probabilities = isOne ? Distribution.Softmax(logits) : [.. logits.ToArray().Select(Distribution.Sigmoid)];
        return new Classification
        {
            Labels = isOne ? [Head.Labels[Distribution.Best(logits)]] : [.. Head.Labels.Where((_, i) => probabilities[i] >= 0.5)],
            Probabilities = [.. Head.Labels.Select((label, i) => new LabelProbability(label, probabilities[i]))],
            Tokens = tokens,
        };
    }
}
