using System.Text.Json.Serialization;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training;

/// <summary>The state of a training, stored as <c>state.json</c> of a checkpoint.</summary>
public sealed record TrainingState
{
    /// <summary>The version of the layout of the file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Optimizer steps taken.</summary>
    public required long Step { get; init; }

    /// <summary>Passes over the training text that have begun, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>The segment of the epoch that comes next; the number of segments at the end of the epoch.</summary>
    public required int NextSegment { get; init; }

    /// <summary>Tokens learned from.</summary>
    public required long TokensSeen { get; init; }

    /// <summary>Seconds of training, over all resumptions.</summary>
    public required double Seconds { get; init; }

    /// <summary>The loss of the best validation in nats, if there was one: the lowest, unless the task chooses by another value.</summary>
    public double? BestValidationLoss { get; init; }

    /// <summary>The value by which the task chose the best validation; null, and not in the file, where that is the loss.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BestMetric { get; init; }

    /// <summary>The step of the best validation.</summary>
    public long? BestStep { get; init; }

    /// <summary>The last validation loss in nats, if there was a validation.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Bytes for each token of the validation text, which make bits per byte of a loss; null where they are not known.</summary>
    public double? ValidationBytesPerToken { get; init; }

    /// <summary>Validations since the one with the lowest loss.</summary>
    public int ValidationsWithoutImprovement { get; init; }

    /// <summary>Whether the validation after this step was stopped before its end, and is to be made up for.</summary>
    public bool ValidationIsDue { get; init; }

    /// <summary>The state of a learning rate that follows validations; null for all others.</summary>
    public RateState? Rate { get; init; }

    /// <summary>The steps after the last report of steps; null, and not in the file, directly after a report.</summary>
    [JsonInclude, JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal UnreportedSteps? Unreported { get; init; }

    /// <summary>Tells whether the training text is still the same.</summary>
    public required string TrainingText { get; init; }

    /// <summary>Tells whether the validation examples of a task are still the same; null, and not in the file, where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ValidationText { get; init; }

    /// <summary>Optimizer steps that each parameter has taken, in the order of the parameters; empty where the optimizer was not saved.</summary>
    public IReadOnlyList<long> ParameterSteps { get; init; } = [];

    /// <summary>The instruction set that the numbers were computed with. It does not change a bit, except in bfloat16, whose unit depends on it.</summary>
    public string Isa { get; init; } = "";
}
