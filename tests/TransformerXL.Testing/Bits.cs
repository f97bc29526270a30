using System.Runtime.InteropServices;

namespace TransformerXL.Testing;

/// <summary>Comparison of floats by their bits: NaN equals itself, 0 and -0 differ.</summary>
public static class Bits
{
    /// <summary>Whether all bits are the same.</summary>
    public static bool Equal(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        MemoryMarshal.Cast<float, int>(a).SequenceEqual(MemoryMarshal.Cast<float, int>(b));
}
