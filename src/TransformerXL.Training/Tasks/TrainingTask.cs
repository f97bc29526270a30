using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Records;

namespace TransformerXL.Training.Tasks;

/// <summary>
/// What a model is trained to do: batches, loss, metrics, and what a validation reports. <see cref="Trainer"/> takes the steps and
/// keeps the run. <see cref="NextTokenTask"/> predicts the next token. A task is of one training and used by one thread at a time.
/// </summary>
public abstract class TrainingTask
{
    /// <summary>What a model learns from a text: the next token, or masked tokens where it reads in both directions.</summary>
    /// <param name="configuration">Model, lengths and recipe.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <exception cref="InputException">The text is too short, or its vocabulary is not that of the model.</exception>
    public static TrainingTask OnText(RunConfiguration configuration, Corpus corpus, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.Model.IsCausal ? new NextTokenTask(configuration, corpus, backend) : new MaskedTask(configuration, corpus, backend);
    }

    /// <summary>The model that is trained, saved as <c>model.safetensors</c>.</summary>
    public abstract LanguageModel Model { get; }

    /// <summary>Parameters of the task that are trained with the model and saved beside it as <c>head.safetensors</c>; their names differ.</summary>
    public virtual IReadOnlyList<Parameter> HeadParameters => [];

    /// <summary>What the tokens stand for; the folder of the run keeps it.</summary>
    public abstract Vocabulary Vocabulary { get; }

    /// <summary>The batches to learn from. A checkpoint keeps epoch and segment, and a resumed training goes on from them.</summary>
    public abstract BatchSource Source { get; }

    /// <summary>The name of the training data in messages.</summary>
    public abstract string DataName { get; }

    /// <summary>Identifies the training data: a training resumes only with the same.</summary>
    public abstract string DataIdentity { get; }

    /// <summary>Identifies what is validated on, where a resumed training could find something else there; otherwise null. A checkpoint keeps it.</summary>
    public virtual string? ValidationIdentity => null;

    /// <summary>Whether a batch continues the one before, so that memory is carried; otherwise it is cleared before each batch.</summary>
    public virtual bool CarriesMemory => true;

    /// <summary>Whether there is data to validate on.</summary>
    public abstract bool CanValidate { get; }

    /// <summary>The entropy of the targets by their frequency alone, in nats: a loss above it means that inputs do not help; null if not measured.</summary>
    public virtual double? UnigramEntropy => null;

    /// <summary>The processes that train together. Each calls <see cref="Validate"/> at the same step and must return the same values.</summary>
    public ICollective Collective { get; internal set; } = new SingleProcess();

    /// <summary>The forward pass of a chunk of a batch and its mean loss in nats: one number.</summary>
    /// <param name="tape">The tape; the backward pass follows.</param>
    /// <param name="batch">The streams of the chunk.</param>
    /// <param name="state">The memory of these streams, read and then updated.</param>
    /// <param name="dropout">Dropout of this step.</param>
    public abstract Variable Loss(Tape tape, Batch batch, ModelState state, DropoutRates dropout);

    /// <summary>What the learning rate of a step is multiplied by for a parameter: 1 unless the task moves some more slowly.</summary>
    public virtual double RateFactorOf(Parameter parameter) => 1;

    /// <summary>The tokens that a batch counts in <see cref="TrainingState.TokensSeen"/> and in tokens per second.</summary>
    public abstract int CountTokens(Batch batch);

    /// <summary>The targets that the loss of a batch is of, and how many bytes of text they stand for; null where that is not known.</summary>
    public virtual (int Targets, long? Bytes) CountText(Batch batch) => (batch.Targets.Length, null);

    /// <summary>
    /// How much the mean loss of a chunk counts in the mean of its batch: the number of targets that it is the mean of, or the sum of their weights. A second mean that a task adds, of a second objective or of the
    /// next token, counts as much.
    /// </summary>
    public virtual double WeightOf(Batch batch) => CountText(batch).Targets;

    /// <summary>How people read a loss in nats of this task, such as bits per character; null for nats.</summary>
    /// <param name="bytesPerToken">Bytes of text for each target; null where they are not known.</param>
    public virtual LossMeasure? MeasureOf(double? bytesPerToken) => null;

    /// <summary>Measures the model on the validation data; called only if <see cref="CanValidate"/>.</summary>
    /// <param name="stepsTaken">Optimizer steps taken.</param>
    /// <param name="progress">Called with the progress of the validation.</param>
    /// <param name="cancellationToken">Ends it; the training validates again when it goes on.</param>
    /// <exception cref="ArithmeticException">A loss was not finite; the training ends as diverged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public abstract TaskValidationReport Validate(long stepsTaken, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken);
}
