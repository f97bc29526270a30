using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Records;

namespace TransformerXL.Training.Tasks;

/// <summary>
/// Predicts the next token of a text: segments of the training text, memory carried from each to the next. The validation loss
/// chooses the best checkpoint, and the model writes a sample.
/// </summary>
public sealed class NextTokenTask : TrainingTask
{
    private readonly RunConfiguration _configuration;
    private readonly Corpus _corpus;
    private readonly Backend _backend;
    private readonly NextTokenLoss _loss;
    private readonly TokenBytes? _bytes;
    private double? _unigramEntropy;

    /// <summary>A task with a model of random weights.</summary>
    /// <param name="configuration">Model, lengths and recipe.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <exception cref="InputException">The text is too short, its vocabulary is not that of the model, or the model is not causal.</exception>
    public NextTokenTask(RunConfiguration configuration, Corpus corpus, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(corpus);
        Require.That(
            corpus.Vocabulary.Count == configuration.Model.VocabularySize,
            $"the corpus has a vocabulary of {corpus.Vocabulary.Count}, but the model one of {configuration.Model.VocabularySize}");
        LanguageModel.RequireCausal(configuration.Model, "learn to predict the next token");
        (_configuration, _corpus, _backend) = (configuration, corpus, backend);
        Trainer.RequireValidation(configuration, CanValidate);
        Source = TrainingText.Open(corpus, configuration);
        Model = LanguageModel.Create(configuration.Model, configuration.Training.Seed);
        _loss = new NextTokenLoss(Model, configuration.Context, configuration.Training.HalfLoss);
        _bytes = TokenBytes.Of(corpus.Vocabulary);
    }

    /// <inheritdoc/>
    public override LanguageModel Model { get; }

    /// <inheritdoc/>
    public override Vocabulary Vocabulary => _corpus.Vocabulary;

    /// <inheritdoc/>
    public override BatchSource Source { get; }

    /// <inheritdoc/>
    public override string DataName => _corpus.Train.Name;

    /// <inheritdoc/>
    public override string DataIdentity => _corpus.Train.SourceIdentity;

    /// <inheritdoc/>
    public override bool CanValidate => _corpus.Validation.Count > 1;

    /// <summary>
    /// The unigram entropy of the training text in nats per token (of at most 16 million tokens, spread over it). A loss
    /// that stays above it says that the model has learned less than how often each token occurs.
    /// </summary>
    public override double? UnigramEntropy => _unigramEntropy ??= UnigramBaseline.Entropy(_corpus.Train);

    /// <inheritdoc/>
    public override Variable Loss(Tape tape, Batch batch, ModelState state, DropoutRates dropout) => _loss.Of(tape, batch, state, dropout);

    /// <inheritdoc/>
    public override int CountTokens(Batch batch) => batch.Targets.Length;

    /// <inheritdoc/>
    public override (int Targets, long? Bytes) CountText(Batch batch)
    {
        ReadOnlySpan<int> counted = _loss.Counted(batch);
        return (counted.Length, _bytes?.Count(counted));
    }

    /// <inheritdoc/>
    public override LossMeasure? MeasureOf(double? bytesPerToken) => LossMeasure.For(_corpus.Vocabulary.Unit, bytesPerToken);

    /// <inheritdoc/>
    public override TaskValidationReport Validate(long stepsTaken, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        NextTokenValidation.Run(Model, _corpus, _configuration, _backend, Collective, stepsTaken, progress, cancellationToken);
}
