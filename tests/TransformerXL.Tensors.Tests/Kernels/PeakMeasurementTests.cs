using TransformerXL.Tensors.Kernels;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

public sealed class PeakMeasurementTests : IDisposable
{
    private readonly Backends _backends = new();

    public static TheoryData<Isa> Isas => new(Backends.Isas);

    public void Dispose() => _backends.Dispose();

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_peak_is_one_that_a_processor_can_have(Isa isa) =>
        Assert.InRange(PeakMeasurement.Gigaflops(_backends.Get(isa), TimeSpan.Zero), 0.1, 2000);

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_memory_is_read_as_fast_as_a_memory_can_be(Isa isa) =>
        Assert.InRange(PeakMeasurement.ReadGigabytes(_backends.Get(isa), TimeSpan.Zero), 0.01, 5000);
}
