using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Tiles;
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

    [Fact]
    public void The_peak_of_a_precision_is_that_of_what_multiplies_it()
    {
        CountedTiles tiles = new();
        using CpuBackend backend = new(Isa.Scalar, 1, tiles);
        PeakMeasurement.Gigaflops(backend, TimeSpan.Zero);
        Assert.Equal(0, tiles.Peaks);
        PeakMeasurement.Gigaflops(backend, TimeSpan.Zero, Precision.Bfloat16);
        Assert.Equal(3 * 8, tiles.Peaks);
        Assert.InRange(PeakMeasurement.Gigaflops(_backends.Get(Isa.Scalar), TimeSpan.Zero, Precision.Bfloat16), 0.1, 2000);
        PeakMeasurement.Gigaflops(backend, TimeSpan.Zero, Precision.Int8);
        Assert.Equal(3 * 8, tiles.Peaks);
        using CpuBackend int8 = new(Isa.Scalar, 1, null, tiles);
        PeakMeasurement.Gigaflops(int8, TimeSpan.Zero, Precision.Int8);
        Assert.Equal(2 * 3 * 8, tiles.Peaks);
    }

    [SkippableFact]
    public void The_peak_of_tiles_is_one_that_a_processor_can_have()
    {
        Skip.IfNot(CpuBackend.HasBfloat16, "this processor has no tiles");
        CpuBackend backend = _backends.Get(Isa.Avx512);
        Assert.InRange(PeakMeasurement.Gigaflops(backend, TimeSpan.Zero, Precision.Bfloat16), 0.1, 20_000);
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_memory_is_read_as_fast_as_a_memory_can_be(Isa isa) =>
        Assert.InRange(PeakMeasurement.ReadGigabytes(_backends.Get(isa), TimeSpan.Zero), 0.01, 5000);

    private sealed unsafe class CountedTiles : IInt8Unit
    {
        public int Peaks { get; private set; }

        public string Name => "counted";

        public long PeakOperations => 1;

        public void Multiply(TileBlock* block) => throw new NotSupportedException();

        public void MultiplyFew(TileBlock* block, int rows) => throw new NotSupportedException();

        public void Peak(long iterations) => Peaks++;
    }
}
