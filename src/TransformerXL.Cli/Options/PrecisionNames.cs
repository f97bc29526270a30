using System.CommandLine;
using TransformerXL.Tensors.Kernels;

namespace TransformerXL.Cli.Options;

/// <summary>Precisions as the command line names them.</summary>
internal static class PrecisionNames
{
    public const string Float32 = "float32";

    private static readonly (Precision Precision, string Name)[] Names = [(Precision.Float32, Float32), (Precision.Bfloat16, "bf16"), (Precision.Int8, "int8")];

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> All { get; } = [.. Names.Select(pair => pair.Name)];

    /// <summary>The name of a precision.</summary>
    public static string Of(Precision precision) => Names.First(pair => pair.Precision == precision).Name;

    /// <summary>The precision of one of the names.</summary>
    public static Precision Parse(string name) => Names.First(pair => pair.Name == name).Precision;

    /// <summary>The option of commands that read with a trained model.</summary>
    public static Option<string> NewOption() => Options.NewOption.Choice(
        "--precision", "Products with weights: as they are, rounded to bfloat16, or in 8 bits with a scale for each row", All, Float32);
}
