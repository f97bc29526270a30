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

    [SkippableFact]
    public void Wider_vectors_have_a_higher_peak()
    {
        Skip.IfNot(CpuBackend.IsSupported(Isa.Avx2), "this processor has no wider vectors than those of 128 bits");
        double scalar = PeakMeasurement.Gigaflops(_backends.Get(Isa.Scalar), TimeSpan.FromSeconds(0.2));
        Assert.True(PeakMeasurement.Gigaflops(_backends.Get(Isa.Avx2), TimeSpan.FromSeconds(0.2)) > 2 * scalar);
    }

    [Fact]
    public void No_matrix_product_is_faster_than_the_peak()
    {
        CpuBackend backend = _backends.Get(CpuBackend.Best);
        double peak = PeakMeasurement.Gigaflops(backend, TimeSpan.FromSeconds(0.2));
        Tensors.Autodiff.Tape tape = new(backend);
        Tensors.Memory.Tensor input = Tensors.Memory.Tensor.Allocate(new(256, 256));
        Tensors.Autodiff.Parameter weight = new("w", new(256, 256));
        double best = double.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            long begin = System.Diagnostics.Stopwatch.GetTimestamp();
            tape.BeginEvaluation();
            Tensors.Autodiff.TapeOperations.Linear(tape, tape.Constant(input), weight);
            best = Math.Min(best, System.Diagnostics.Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        // Processors change their clock from one moment to the next, hence the margin.
        Assert.True(2.0 * 256 * 256 * 256 / best / 1e9 < 1.6 * peak);
    }
}
