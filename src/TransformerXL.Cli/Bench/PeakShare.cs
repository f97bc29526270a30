using TransformerXL.Cli.Options;

namespace TransformerXL.Cli.Bench;

/// <summary>A measurement as a share of what the machine can do, which was measured beside it: it means the same when the machine is slower today.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Peak">The peak that bounds it.</param>
/// <param name="Share">The share of it.</param>
internal sealed record PeakShare(string Name, string Peak, double Share)
{
    public const string Arithmetic = "arithmetic peak", Memory = "memory bandwidth";

    /// <summary>The name of a measurement, with the precision where that is not float32: shares of different peaks do not compare.</summary>
    public static string NameOf(string name, string precision) => precision == PrecisionNames.Float32 ? name : $"{name}, {precision}";
}
