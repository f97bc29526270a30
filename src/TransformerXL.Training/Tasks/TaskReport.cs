using System.Text.Json;

namespace TransformerXL.Training.Tasks;

/// <summary>The result of a validation of a task on examples.</summary>
public sealed record TaskReport : TaskValidationReport
{
    /// <summary>The metric that chooses the best checkpoint, as in <see cref="Metrics"/>.</summary>
    public required string ChosenBy { get; init; }

    /// <summary>The metrics of the task.</summary>
    public required IReadOnlyList<Metric> Values { get; init; }

    /// <summary>The same metrics of a baseline on the same examples, by the name of the baseline; computed once.</summary>
    public IReadOnlyList<TaskBaseline> Baselines { get; init; } = [];

    /// <summary>Examples that the validation read.</summary>
    public required long Examples { get; init; }

    /// <summary>Scores of each label, and the examples with the largest loss.</summary>
    public TaskDetails? Details { get; init; }

    /// <summary>The same of the examples in their order; null where each was measured alone only.</summary>
    public OrderReport? InOrder { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Metrics => Values;

    /// <inheritdoc/>
    public override Metric Choosing => ChosenBy == LossName ? base.Choosing : Values.First(metric => metric.Name == ChosenBy);

    internal override void WriteMore(Utf8JsonWriter json)
    {
        json.WriteNumber("examples", Examples);
        json.WriteString("chosen_by", ChosenBy);
        if (Baselines.Count > 0)
        {
            json.WriteStartObject("baselines");
            foreach (TaskBaseline baseline in Baselines)
            {
                json.WriteStartObject(baseline.Name);
                foreach (Metric metric in baseline.Metrics)
                {
                    json.WriteNumber(metric.Name, metric.Value);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        InOrder?.Write(json);
        Details?.Write(json);
    }
}
