using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>What tests of kernels share: the instruction sets, and lengths around every vector width.</summary>
public abstract class KernelTheory(Backends backends) : IClassFixture<Backends>
{
    private protected const int LongestRow = 256;

    public static TheoryData<Isa> Isas => [.. Backends.Isas];

    private protected KernelSet Kernels(Isa isa, int threads = 1) => backends.Get(isa, threads).Kernels;

    /// <summary>Off the boundary by another number of floats for each length.</summary>
    private protected static GuardedBuffer Buffer(ReadOnlySpan<float> values) => new(values, values.Length % 7);

    private protected static void AssertClose(GuardedBuffer actual, double[] expected, int reduction, double magnitude, string what)
    {
        Assert.True(actual.IsIntact, $"{what}: wrote outside");
        string? mismatch = Tolerance.Mismatch(actual.Span, expected, Tolerance.Of(reduction), magnitude);
        Assert.True(mismatch is null, $"{what}: {mismatch}");
    }

    private protected static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);
}
