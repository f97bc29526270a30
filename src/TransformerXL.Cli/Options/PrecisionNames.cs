using TransformerXL.Tensors.Kernels;

namespace TransformerXL.Cli.Options;

/// <summary>What the command line calls precisions.</summary>
internal static class PrecisionNames
{
    public const string Standard = "float32", Bfloat16 = "bf16", Auto = "auto";

    public static IReadOnlyCollection<string> All { get; } = [Standard, Bfloat16, Auto];

    /// <summary>The precision of a name; for auto bfloat16 where the processor multiplies it by tiles.</summary>
    public static Precision Parse(string name) => name switch
    {
        Bfloat16 => Precision.Bfloat16,
        Auto => CpuBackend.HasTiles ? Precision.Bfloat16 : Precision.Float32,
        _ => Precision.Float32,
    };

    /// <summary>The name of a precision.</summary>
    public static string Of(Precision precision) => precision == Precision.Bfloat16 ? Bfloat16 : Standard;
}
