using TransformerXL.Training.Tasks;

namespace TransformerXL.Tests.Training.Tasks;

/// <summary>A validation of <see cref="TopicTask"/>: its accuracy chooses the best checkpoint.</summary>
internal sealed record TopicReport : TaskValidationReport
{
    public required double Accuracy { get; init; }

    public override IReadOnlyList<Metric> Metrics => [Choosing];

    public override Metric Choosing => new("accuracy", Accuracy, HigherIsBetter: true);
}
