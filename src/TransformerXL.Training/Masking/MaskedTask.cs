using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Predicts masked tokens of a text (Devlin et al. 2019): what a model that reads in both directions learns from text, alone, beside a second objective, or with translations
/// (<see cref="MaskingOptions"/>). The validation loss, with masks that never change, chooses the best checkpoint.
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
        MaskingOptions masking = configuration.Masking ?? new MaskingOptions();
        masking.RequireStreams(configuration.Model);
        (_configuration, _corpus, _backend) = (configuration, corpus, backend);
        Trainer.RequireValidation(configuration, CanValidate);
        TrainingConfiguration training = configuration.Training;
        CarriesMemory = configuration.Context.MemoryLength > 0;
        Sequences sequences = Sequences.Create(corpus.Train, corpus.Vocabulary, masking, configuration.Context.TargetLength, training.Seed, CarriesMemory);
        Source = new MaskedBatches(corpus.Train, sequences, training.BatchSize, training.Seed, CarriesMemory);
        Model = LanguageModel.Create(configuration.Model, training.Seed);
        Head = SecondHead.Create(masking, Model.Configuration, training.Seed);
    }

    /// <inheritdoc/>
    public override LanguageModel Model { get; }

    /// <summary>The head of the second objective; null without one.</summary>
    internal TaskHead? Head { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => Head?.Parameters ?? [];

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
    public override double? UnigramEntropy => Head is null ? _unigramEntropy ??= UnigramBaseline.Entropy(_corpus.Train) : null;

    /// <inheritdoc/>
    public override Variable Loss(Tape tape, Batch batch, ModelState state, DropoutRates dropout)
    {
        ArgumentNullException.ThrowIfNull(tape);
        int[] lengths = DocumentLengths.Count(batch.Inputs, batch.Streams), ids = Existing(batch.Inputs);
        ReadOnlySpan<int> wanted = TokenTargets(batch);
        state.Lengths = lengths.AsSpan().IndexOfAnyExcept(ids.Length / batch.Streams) < 0 ? default : lengths;
        Variable hidden = _configuration.Masking?.Objective == PretrainingObjective.Permutation
            ? ((EncoderModel)Model).ForwardQueries(tape, tape.Allocate(ids), batch.Targets[wanted.Length..].ToArray(), state, _configuration.Context, dropout)
            : Model.Forward(tape, tape.Allocate(ids), state, _configuration.Context, dropout);
        state.Lengths = default;
        int[] rows = Places(wanted), targets = new int[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            targets[i] = wanted[rows[i]];
        }

        Variable loss = Model.PlacesLoss(tape, tape.GatherRows(hidden, tape.Allocate(rows)), tape.Allocate(targets));
        if (Head is null)
        {
            return loss;
        }

        Variable pooled = tape.Dropout(Head.Pool(tape, hidden, lengths), dropout.Hidden);
        return tape.Add(loss, tape.ClassLoss(Head.Logits(tape, pooled), tape.Allocate(batch.Targets[wanted.Length..])));
    }

    /// <inheritdoc/>
    public override int CountTokens(Batch batch) => batch.Inputs.Length - batch.Inputs.Count(-1);

    /// <inheritdoc/>
    public override (int Targets, long? Bytes) CountText(Batch batch) => (Places(TokenTargets(batch)).Length, null);

    /// <inheritdoc/>
    public override TaskValidationReport Validate(long stepsTaken, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        _measurement ??= new MaskedMeasurement(_corpus.Vocabulary, _corpus.Train, _configuration.Masking, Head);
        return _measurement.Run(Model, _backend, Beginning(), _configuration.Context, stepsTaken, progress, cancellationToken);
    }

    /// <summary>The targets of tokens: the rows of the inputs.</summary>
    private static ReadOnlySpan<int> TokenTargets(Batch batch) => batch.Targets[..batch.Inputs.Length];

    /// <summary>Ids that can be read: those after the end of a stream are 0.</summary>
    internal static int[] Existing(ReadOnlySpan<int> ids)
    {
        int[] existing = ids.ToArray();
        existing.AsSpan().Replace(-1, 0);
        return existing;
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

    /// <summary>So many tokens of the validation text as the configuration says, or all of it; with translations whole pairs, at least one.</summary>
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
        if (_configuration.Masking?.Objective == PretrainingObjective.Translation)
        {
            ids = TranslationPairs.Beginning(text, ids.Length, _corpus.Vocabulary);
        }

        return TokenFile.FromIds(ids, text.VocabularySize, ids.Length, text.Name);
    }
}
