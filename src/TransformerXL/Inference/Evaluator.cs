using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// Measures how well a model predicts a text: the whole text once, memory carried from segment to segment, every token
/// weighted alike, the short last segment included.
/// </summary>
public sealed class Evaluator
{
    /// <summary>Rows that are worth to be computed at once: matrix products then run at nearly full speed.</summary>
    private const int RowsAtOnce = 512;

    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(100);

    private readonly LanguageModel _model;
    private readonly Backend _backend;
    private readonly Vocabulary? _vocabulary;
    private readonly TokenBytes? _bytes;
    private readonly TimeProvider _clock;

    /// <summary>Creates an evaluator.</summary>
    /// <exception cref="InputException">The vocabulary is not of the model's size, or the model is not causal.</exception>
    /// <param name="model">The weights; dropout is off.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="vocabulary">
    /// Makes bits per character exact where a token may be more or less than a character, and bits per byte possible; without it the few
    /// tokens that are not predicted count as average ones.
    /// </param>
    /// <param name="clock">Measures the time; the system's if null.</param>
    public Evaluator(LanguageModel model, Backend backend, Vocabulary? vocabulary = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(backend);
        model.RequireCausal("be evaluated by the next token");
        if (vocabulary is not null)
        {
            StartToken.CheckSizes(vocabulary, model);
        }

        (_model, _backend, _vocabulary, _clock) = (model, backend, vocabulary, clock ?? TimeProvider.System);
        _bytes = TokenBytes.Of(vocabulary);
    }

    /// <summary>Evaluates a text.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="options">The context and the number of streams.</param>
    /// <param name="progress">Called about ten times a second, and at the end.</param>
    /// <param name="cancellationToken">Ends the evaluation within a few segments.</param>
    /// <exception cref="InputException">An option is not valid, the text is too short, or it belongs to another vocabulary.</exception>
    /// <exception cref="NotFiniteException">A loss is not finite, because the weights are damaged or too large.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public EvaluationResult Evaluate(
        TokenFile tokens, EvaluationOptions options, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Evaluate(tokens, options, new SingleProcess(), progress, cancellationToken);

    /// <summary>The same by several processes, each of which calls this method; the result is the same. A cancellation in one ends it in all.</summary>
    internal EvaluationResult Evaluate(
        TokenFile tokens, EvaluationOptions options, ICollective collective, IProgress<EvaluationProgress>? progress, CancellationToken cancellationToken)
    {
        SegmentBatches batches = Open(tokens, options);
        long characters = CharacterCount.OfPredicted(tokens, batches, _vocabulary);
        ISegmentReader reader = CreateReader(options, batches, collective);
        void ThrowIfCancelled()
        {
            if (collective.Any(cancellationToken.IsCancellationRequested))
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }

        return Run(batches, reader, characters, progress, ThrowIfCancelled);
    }

    /// <summary>The same with a reader of the caller, which has as many streams as the options say.</summary>
    internal EvaluationResult Evaluate(
        TokenFile tokens, EvaluationOptions options, ISegmentReader reader, IProgress<EvaluationProgress>? progress, CancellationToken cancellationToken)
    {
        SegmentBatches batches = Open(tokens, options);
        return Run(batches, reader, CharacterCount.OfPredicted(tokens, batches, _vocabulary), progress, cancellationToken.ThrowIfCancellationRequested);
    }

    private SegmentBatches Open(TokenFile tokens, EvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        int vocabulary = _model.Configuration.VocabularySize;
        Require.That(
            tokens.VocabularySize == vocabulary,
            $"{tokens.Title} was made with a vocabulary of {tokens.VocabularySize} tokens, but the model has {vocabulary}");
        return new SegmentBatches(tokens, options.BatchSize, options.Context.TargetLength, options.Context.ExtendedLength);
    }

    private EvaluationResult Run(
        SegmentBatches batches, ISegmentReader reader, long characters, IProgress<EvaluationProgress>? progress, Action throwIfCancelled)
    {
        int together = reader.SegmentsAtOnce;
        int[] inputs = new int[together * batches.MaxShape.InputCount], targets = new int[together * batches.MaxShape.TargetCount];
        float[] nll = new float[targets.Length];
        double sum = 0;
        long count = 0, bytes = 0, start = _clock.GetTimestamp(), reported = start;
        for (int segment = 0; segment < batches.Count;)
        {
            throwIfCancelled();
            int inputCount = 0, targetCount = 0;
            for (int last = Math.Min(batches.Count, segment + together); segment < last; segment++)
            {
                SegmentShape shape = batches.Read(segment, inputs.AsSpan(inputCount), targets.AsSpan(targetCount));
                inputCount += shape.InputCount;
                targetCount += shape.TargetCount;
            }

            reader.Read(inputs.AsSpan(0, inputCount), targets.AsSpan(0, targetCount), nll.AsSpan(0, targetCount));
            foreach (float value in nll.AsSpan(0, targetCount))
            {
                sum += value;
            }

            count += targetCount;
            bytes += _bytes?.Count(targets.AsSpan(0, targetCount)) ?? 0;
            if (progress is not null && (segment == batches.Count || _clock.GetElapsedTime(reported) >= ReportInterval))
            {
                reported = _clock.GetTimestamp();
                progress.Report(new EvaluationProgress(segment, batches.Count, count, sum, _clock.GetElapsedTime(start)) { Bytes = _bytes is null ? null : bytes });
            }
        }

        FiniteLosses.CheckMean(sum / count, $"all {count} tokens", _model);
        return new EvaluationResult(sum, count, characters, _clock.GetElapsedTime(start)) { Bytes = _bytes is null ? null : bytes };
    }

    private ISegmentReader CreateReader(EvaluationOptions options, SegmentBatches batches, ICollective collective)
    {
        // A text shorter than the memory never fills it.
        ContextConfiguration context = options.Context with
        {
            TargetLength = batches.MaxShape.TargetRows,
            MemoryLength = (int)Math.Min(options.Context.MemoryLength, batches.StreamLength),
        };
        InferencePrecision.Check(_model.Configuration, options.Precision);
        bool keepsKeys = context.ExtendedLength == 0 && _model.Configuration.Family.KeepsContext;
        Require.That(
            keepsKeys || options.Precision != Precision.Int8,
            $"extended length is {context.ExtendedLength}, but must be 0 with int8: it needs keys and values that are kept");
        int together = keepsKeys ? Math.Clamp(RowsAtOnce / batches.MaxShape.TargetCount, 1, batches.Count) : 1;
        ISegmentReader Create(int streams) => keepsKeys
            ? new KeyValueReader(InferenceSession.Create(_model, _backend, InferenceOptions.ForSegments(context, streams, together, options.Precision) with { OwnsModel = options.OwnsModel }), together)
            : new HiddenStateReader(_model, _backend, context, streams, options.Precision);
        return collective.Size == 1 ? Create(batches.BatchSize) : new SharedReader(collective, batches.BatchSize, together, Create);
    }
}
