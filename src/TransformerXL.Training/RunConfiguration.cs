using System.Text.Json.Serialization;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>Everything that is needed to repeat a run: the content of <c>config.json</c>.</summary>
public sealed record RunConfiguration
{
    /// <summary>The version of the layout of the file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The architecture.</summary>
    public required ModelConfiguration Model { get; init; }

    /// <summary>The lengths of segment and memory in training.</summary>
    public required ContextConfiguration Context { get; init; }

    /// <summary>The default lengths of an evaluation; null for those that suit the lengths of training.</summary>
    public ContextConfiguration? Evaluation { get; init; }

    /// <summary>The recipe.</summary>
    public required TrainingConfiguration Training { get; init; }

    /// <summary>Where the text came from; null if it was given in memory.</summary>
    public CorpusOptions? Corpus { get; init; }

    /// <summary>The task on labelled examples; null, and not in the file, for next-token prediction.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TaskConfiguration? Task { get; init; }

    /// <summary>Which tokens are masked where a model that reads in both directions is trained on a text; null, and not in the file, for the standard.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MaskingOptions? Masking { get; init; }

    /// <summary>The head of the model, which follows from task and examples; null, and not in the file, for next-token prediction.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HeadConfiguration? Head { get; init; }

    /// <summary>Where the weights came from before the first step: an imported model, or the run that this one began with; null for random weights.</summary>
    public string? Origin { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        ForModelFolder().Validate();
        Require.Present("training", Training);
        Require.Within("training", Training.Validate);
        ValidateLongMemory();
        ValidateSides();
        ValidateRecomputation();
        ValidateWeights();
        if (Task is not null)
        {
            ValidateTask(Task);
        }

        if (Corpus is not null)
        {
            Require.Within("corpus", Corpus.RequirePaths);
        }
    }

    private void ValidateTask(TaskConfiguration task)
    {
        Require.Within("task", task.Validate);
        Require.That(Context.ExtendedLength == 0, $"context.extendedLength is {Context.ExtendedLength}, but documents of a task are read once; it must be 0", [new("context.extendedLength")]);
        Require.That(!Training.HalfLoss, "training.halfLoss is for next-token prediction; a task learns from whole documents", [new("training.halfLoss")]);
    }

    private void ValidateRecomputation()
    {
        Require.That(
            !Training.Recompute || Model.Family.HasAttention,
            $"training.recompute computes layers with attention again, but a model of the family {Model.Family.Name} has none", [new("model.kind")]);
        Require.That(
            !Training.Recompute || Masking?.Objective != PretrainingObjective.Permutation,
            $"training.recompute cannot be combined with masking.objective {PretrainingObjective.Permutation}, whose layers have two streams", [new("masking.objective")]);
    }

    private void ValidateWeights() => Require.That(
        Training.Weights == WeightPrecision.Float32 || Model.Family.HasAttention,
        $"training.weights is {Training.Weights}, which is for models with attention; one of the family {Model.Family.Name} keeps its weights in {WeightPrecision.Float32}",
        [new("training.weights"), new("model.kind")]);

    /// <summary>What is for causal models alone, or for the others.</summary>
    private void ValidateSides()
    {
        string family = Model.Family.Name;
        if (Masking is not null)
        {
            Require.Within("masking", Masking.Validate);
            Require.That(!Model.IsCausal, $"masking is for models that read a text in both directions, but a model of the family {family} is causal", [new("model.kind")]);
            Require.That(Task is null, "masking is for training on a text; a task on examples has no masks");
            ValidateObjective(Masking);
        }

        Require.That(
            Corpus?.TranslationPath is null || Masking?.Objective == PretrainingObjective.Translation,
            $"corpus.translationPath names translations, which only the objective {PretrainingObjective.Translation} of a model that reads a text in both directions learns from", [new("corpus.translationPath")]);

        if (Model.IsCausal)
        {
            Require.That(Task?.Pooling != HeadPooling.First, $"the pooling is first, but the first token of a model of the family {family} has not read what follows it; the last one has", [new("task.pooling")]);
            return;
        }

        Require.That(!Context.SameLength, $"context.sameLength is for causal models; a model of the family {family} sees whole segments", [new("context.sameLength")]);
        Require.That(Context.ExtendedLength == 0, $"context.extendedLength is {Context.ExtendedLength}, but a model of the family {family} reads each segment once; it must be 0", [new("context.extendedLength")]);
        Require.That(!Training.HalfLoss, "training.halfLoss is for next-token prediction", [new("training.halfLoss")]);
        Require.That(Task is null or { LanguageModelWeight: 0 }, $"task.languageModelWeight adds the loss of the next token, which a model of the family {family} does not predict; it must be 0", [new("task.languageModelWeight")]);
    }

    private void ValidateObjective(MaskingOptions masking)
    {
        masking.RequireStreams(Model);
        bool hasTranslations = masking.Objective == PretrainingObjective.Translation;
        Require.That(
            !hasTranslations || Corpus is null or { TranslationPath: not null },
            $"masking.objective is {masking.Objective}, which needs lines and their translations, but corpus.translationPath names none", [new("corpus.translationPath")]);
        Require.That(
            Context.MemoryLength == 0 || (!hasTranslations && masking.SecondObjective == SecondObjective.None),
            $"context.memoryLength is {Context.MemoryLength}, but pairs of texts are read from their beginnings; it must be 0", [new("context.memoryLength")]);
    }

    private void ValidateLongMemory()
    {
        int length = Training.LongMemoryLength;
        if (length == 0)
        {
            return;
        }

        Require.That(Model.Family.HasRelativePositions, $"training.longMemoryLength is {length}, but a model of the family {Model.Family.Name} has no relative positions, without which no memory can be longer than usual");
        Require.That(length > Context.MemoryLength, $"training.longMemoryLength is {length}, but must be above context.memoryLength, {Context.MemoryLength}; 0 for none");
        Require.That(Context.ClampLength > 0, $"training.longMemoryLength is {length} and needs context.clampLength above 0: distances that few steps see would not be learned");
        Require.That(!Context.SameLength, $"training.longMemoryLength is {length}, but context.sameLength lets no token see more than context.memoryLength, {Context.MemoryLength}");
    }

    /// <summary>Whether two configurations are equal; lists in them are compared by their elements.</summary>
    public bool SaysTheSameAs(RunConfiguration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return RunFiles.AreSame(this, other);
    }

    /// <summary>The default options of an evaluation: the lengths of <see cref="Evaluation"/>, or else those of <see cref="EvaluationOptions.ForTrained"/>.</summary>
    public EvaluationOptions DefaultEvaluation() => ForModelFolder().DefaultEvaluation();

    /// <summary>The sections that using the model needs: what <c>config.json</c> of a model folder holds.</summary>
    public ModelFolderConfiguration ForModelFolder() => new() { Version = Version, Model = Model, Context = Context, Evaluation = Evaluation, Head = Head, Origin = Origin };

    /// <summary>The same with the values that may change when a training continues.</summary>
    internal RunConfiguration Changed(long? steps, int? patience, CorpusOptions? files) =>
        this with { Training = Training with { Steps = steps ?? Training.Steps, Patience = patience ?? Training.Patience }, Corpus = files ?? Corpus };
}
