using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Predicts masked tokens of a text (Devlin et al. 2019): what a model that reads both sides learns from text. The validation loss, with masks that never
/// change, chooses the best checkpoint.
/// </summary>
public sealed class MaskedTask : TrainingTask
{
    private readonly RunConfiguration _configuration;
    private readonly Corpus _corpus;
    private readonly Backend _backend;
    private MaskedMeasurement? _measurement;
    private double? _unigramEntropy;

    /// <summary>A task with a model of random weights.</summary>
    /// <param name="configuration">Model, lengths and recipe.</param>
    /// <param name="corpus">The text; its vocabulary has a token for masks.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <exception cref="InputException">The text is too short, its vocabulary is not that of the model or has no mask, or the model is causal.</exception>
    public MaskedTask(RunConfiguration configuration, Corpus corpus, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(corpus);
        TransformerXL.Require.That(!configuration.Model.IsCausal, $"a model of the family {configuration.Model.Family.Name} is causal: a token does not see what follows it, so that masks mean nothing");
        TransformerXL.Require.That(
            corpus.Vocabulary.Count == configuration.Model.VocabularySize,
            $"the corpus has a vocabulary of {corpus.Vocabulary.Count}, but the model one of {configuration.Model.VocabularySize}");
        (_configuration, _corpus, _backend) = (configuration, corpus, backend);
        Trainer.RequireValidation(configuration, CanValidate);
        TrainingConfiguration training = configuration.Training;
        Masker masker = new(configuration.Masking ?? new MaskingOptions(), corpus.Vocabulary, training.Seed);
        CarriesMemory = configuration.Context.MemoryLength > 0;
        Source = new MaskedBatches(corpus.Train, corpus.Vocabulary, masker, training.BatchSize, configuration.Context.TargetLength, training.Seed, CarriesMemory);
        Model = LanguageModel.Create(configuration.Model, training.Seed);
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
    public override bool CarriesMemory { get; }

    /// <inheritdoc/>
    public override bool CanValidate => _corpus.Validation.Count > 1;

    /// <inheritdoc/>
    public override double? UnigramEntropy => _unigramEntropy ??= UnigramBaseline.Entropy(_corpus.Train);

    /// <inheritdoc/>
    public override Variable Loss(Tape tape, Batch batch, ModelState state, DropoutRates dropout)
    {
        ArgumentNullException.ThrowIfNull(tape);
        Variable hidden = Model.Forward(tape, tape.Allocate(batch.Inputs), state, _configuration.Context, dropout);
        int[] rows = Places(batch.Targets), targets = new int[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            targets[i] = batch.Targets[rows[i]];
        }

        return Model.PlacesLoss(tape, tape.GatherRows(hidden, tape.Allocate(rows)), tape.Allocate(targets));
    }

    /// <inheritdoc/>
    public override int CountTokens(Batch batch) => batch.Inputs.Length;

    /// <inheritdoc/>
    public override (int Targets, long? Bytes) CountText(Batch batch) => (Places(batch.Targets).Length, null);

    /// <inheritdoc/>
    public override TaskValidationReport Validate(long stepsTaken, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        _measurement ??= new MaskedMeasurement(_corpus.Vocabulary, _corpus.Train);
        return _measurement.Run(Model, _backend, Beginning(), _configuration, stepsTaken, progress, cancellationToken);
    }

    /// <summary>The places with a target.</summary>
    internal static int[] Places(ReadOnlySpan<int> targets)
    {
        int[] places = new int[targets.Length - targets.Count(Masker.NoTarget)];
        int count = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] != Masker.NoTarget)
            {
                places[count++] = i;
            }
        }

        return places;
    }

    /// <summary>So many tokens of the validation text as the configuration says, or all of it.</summary>
    private TokenFile Beginning()
    {
        TokenFile text = _corpus.Validation;
        long tokens = _configuration.Training.ValidationTokens;
        if (tokens == 0 || tokens >= text.Count)
        {
            return text;
        }

        int[] ids = new int[Math.Max(2, tokens)];
        text.Read(0, ids);
        return TokenFile.FromIds(ids, text.VocabularySize, ids.Length, text.Name);
    }
}
