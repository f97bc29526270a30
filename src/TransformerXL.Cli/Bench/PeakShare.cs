using TransformerXL.Cli.Options;

namespace TransformerXL.Cli.Bench;

/// <summary>A measurement as a share of the machine's peak measured at the same time, so that it does not depend on how fast the machine is today.</summary>
/// <param name="Name">The name of the measurement.</param>
/// <param name="Peak">The peak that bounds it.</param>
/// <param name="Share">The share of the peak.</param>
internal sealed record PeakShare(string Name, string Peak, double Share)
{
    public const string Arithmetic = "arithmetic peak", Memory = "memory bandwidth";

    /// <summary>The name of a measurement, with the precision if it is not float32: shares of different peaks are not comparable.</summary>
    public static string NameOf(string name, string precision) => precision == PrecisionNames.Float32 ? name : $"{name}, {precision}";
}
