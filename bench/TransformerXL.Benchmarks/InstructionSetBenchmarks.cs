using BenchmarkDotNet.Attributes;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;

namespace TransformerXL.Benchmarks;

/// <summary>A product, an attention and a normalisation on every instruction set of this processor, one thread.</summary>
public class InstructionSetBenchmarks : IDisposable
{
    private OpCaseMeasurement? _measurement;
    private CpuBackend? _backend;

    public static IEnumerable<MeasuredCase> Cases => [new(0), new(5), new(8)];

    public static IEnumerable<Isa> Isas => Backends.Isas;

    [ParamsSource(nameof(Cases))]
    public MeasuredCase Case { get; set; } = new(0);

    [ParamsSource(nameof(Isas))]
    public Isa Isa { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _backend = new CpuBackend(Isa, threads: 1);
        _measurement = new OpCaseMeasurement(Case.Value, _backend);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _backend?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public IReadOnlyList<Variable> Forward() => _measurement!.Forward();
}
