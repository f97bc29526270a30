namespace TransformerXL.Inference.Serving;

/// <summary>The names under which metrics and traces are found.</summary>
public static class SchedulerTelemetry
{
    /// <summary>The name of the meter and of the activity source, for example for <c>AddMeter</c> and <c>AddSource</c> of OpenTelemetry.</summary>
    public const string Name = "TransformerXL.Inference";

    /// <summary>The value of <c>gen_ai.provider.name</c>.</summary>
    public const string Provider = "transformer_xl";
}
