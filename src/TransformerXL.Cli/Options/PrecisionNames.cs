using System.CommandLine;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Options;

/// <summary>The names of precisions on the command line.</summary>
internal static class PrecisionNames
{
    public const string Float32 = "float32", Bfloat16 = "bf16", Float8 = "fp8", Int8 = "int8", Auto = "auto";

    /// <summary>Precisions of training.</summary>
    public static IReadOnlyCollection<string> OfTraining { get; } = [Float32, Bfloat16, Auto];

    /// <summary>All precisions.</summary>
    public static IReadOnlyCollection<string> All { get; } = [Float32, Bfloat16, Int8, Auto];

    /// <summary>The name of a precision.</summary>
    public static string Of(Precision precision) => precision switch
    {
        Precision.Bfloat16 => Bfloat16,
        Precision.Int8 => Int8,
        _ => Float32,
    };

    /// <summary>The unit that multiplies a precision on a backend if it is not a float32 kernel: <c>amx</c>, <c>avx512-bf16</c>, <c>avx512-vnni</c>; otherwise null.</summary>
    public static string? UnitOf(Precision precision, CpuBackend backend) => precision switch
    {
        Precision.Bfloat16 => backend.Bfloat16Unit,
        Precision.Int8 => backend.Int8Unit,
        _ => null,
    };

    /// <summary>The precision with a name; for auto, bfloat16 if the processor multiplies it by tiles.</summary>
    public static Precision Parse(string name) => Parse(name, () => CpuBackend.HasBfloat16);

    /// <summary>The precision with a name; for auto, bfloat16 if the backend multiplies it by tiles.</summary>
    public static Precision Parse(string name, CpuBackend backend) => Parse(name, () => backend.UsesBfloat16);

    private static Precision Parse(string name, Func<bool> hasTiles) => name switch
    {
        Bfloat16 => Precision.Bfloat16,
        Int8 => Precision.Int8,
        Auto => hasTiles() ? Precision.Bfloat16 : Precision.Float32,
        _ => Precision.Float32,
    };

    /// <summary>The option of commands that use a trained model.</summary>
    public static Option<string> NewOption() => Options.NewOption.Choice(
        "--precision",
        "Precision of weight matrix products",
        All,
        Float32);
}
