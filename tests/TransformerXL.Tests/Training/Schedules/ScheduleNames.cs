using TransformerXL.Training.Schedules;

namespace TransformerXL.Tests.Training.Schedules;

/// <summary>What the reference implementation calls its schedules.</summary>
internal static class ScheduleNames
{
    public static ScheduleKind Parse(string name) => name switch
    {
        "cosine" => ScheduleKind.Cosine,
        "inv_sqrt" => ScheduleKind.InverseSquareRoot,
        "dev_perf" => ScheduleKind.Plateau,
        "constant" => ScheduleKind.Constant,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no schedule of the reference"),
    };
}
