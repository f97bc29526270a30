using System.Text.Json;
using TransformerXL.Inference.Ordering;

namespace TransformerXL.Training.Tasks;

/// <summary>What a <see cref="LabelFilter"/> reaches on examples in their order.</summary>
public sealed record OrderReport
{
    /// <summary>The values of the filter.</summary>
    public required LabelOrder Order { get; init; }

    /// <summary>Whether the values were found on the same examples.</summary>
    public required bool IsFitted { get; init; }

    /// <summary>Whether the examples are a share of a file, so that others stood between them.</summary>
    public required bool HasGaps { get; init; }

    /// <summary>The metrics of the task.</summary>
    public required IReadOnlyList<Metric> Metrics { get; init; }

    /// <summary>Mean -ln of the probability of the right label.</summary>
    public required double Loss { get; init; }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("in_order");
        foreach (Metric metric in Metrics)
        {
            json.WriteNumber(metric.Name, metric.Value);
        }

        json.WriteNumber(TaskValidationReport.LossName, Loss);
        json.WriteNumber("stay", Order.Stay);
        json.WriteNumber("weight", Order.Weight);
        json.WriteBoolean("fitted", IsFitted);
        json.WriteBoolean("gaps", HasGaps);
        json.WriteEndObject();
    }
}
