using System.Text.Json;

namespace TransformerXL.Training.Tasks;

/// <summary>The result of a validation, whatever the task: a loss, and the metrics of the task.</summary>
public abstract record TaskValidationReport : TrainingReport
{
    /// <summary>Mean validation loss in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>Bytes of text for each token of the validation text; null where they are not known, or the loss is not of text.</summary>
    public double? BytesPerToken { get; init; }

    /// <summary>Whether no validation before was as good in <see cref="Choosing"/>. The training sets it.</summary>
    public bool IsBest { get; init; }

    /// <summary>What the model wrote by itself; empty if no sample was wanted or the task has none.</summary>
    public string Sample { get; init; } = "";

    /// <summary>The values beside the loss, in the order in which they are recorded.</summary>
    public abstract IReadOnlyList<Metric> Metrics { get; }

    /// <summary>The value that chooses the best checkpoint: the loss, unless the task names another.</summary>
    public virtual Metric Choosing => new(LossName, Loss, HigherIsBetter: false, "nats");

    internal const string LossName = "loss";

    /// <summary>Writes what the task records beside its metrics.</summary>
    internal virtual void WriteMore(Utf8JsonWriter json)
    {
    }
}
