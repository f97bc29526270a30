namespace TransformerXL.Training.Schedules;

/// <summary>The state of a learning rate that follows validations.</summary>
public sealed record RateState
{
    /// <summary>The lowest loss in nats.</summary>
    public required double BestLoss { get; init; }

    /// <summary>Validations in a row that did not improve on it.</summary>
    public required int ValidationsWithoutImprovement { get; init; }

    /// <summary>The rate since it was last reduced; null if it never was.</summary>
    public double? Rate { get; init; }

    /// <summary>The step after which it was last reduced.</summary>
    public long ReducedAfter { get; init; }
}
