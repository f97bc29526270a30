using System.Runtime.InteropServices;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Compression.Networks;

/// <summary>Names of the arithmetics whose results a decoder has to repeat bit for bit.</summary>
internal static class Arithmetic
{
    /// <summary>The longest name.</summary>
    public const int MaxLength = 32;

    private const string Prefix = "float32-";

    /// <summary>The name of an instruction set's arithmetic.</summary>
    public static string Of(Isa isa) => Prefix + isa.ToString().ToLowerInvariant() + (isa == Isa.Vector128 ? "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant() : "");

    /// <summary>The instruction set that computes by an arithmetic.</summary>
    /// <exception cref="InputException">This processor has none.</exception>
    public static Isa IsaOf(string name)
    {
        foreach (Isa isa in Enum.GetValues<Isa>())
        {
            if (Of(isa) == name && CpuBackend.IsSupported(isa))
            {
                return isa;
            }
        }

        throw new InputException(
            $"it was compressed with the arithmetic '{name}', which this processor cannot repeat; it has {string.Join(", ", Enum.GetValues<Isa>().Where(CpuBackend.IsSupported).Select(Of))}. Decompress it on a processor like the one that compressed it");
    }
}
