using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing.Cases;

namespace TransformerXL.Benchmarks;

/// <summary>Every operation at the sizes of real models, forward alone and with its backward pass.</summary>
/// <remarks>The few bytes that an invocation allocates are the lists of the case, not of the operation.</remarks>
public class OpBenchmarks : IDisposable
{
    private OpCaseMeasurement? _measurement;
    private CpuBackend? _backend;

    public static IEnumerable<MeasuredCase> Cases => OpCases.ForMeasurement.Select((_, index) => new MeasuredCase(index));

    public static IEnumerable<int> ThreadCounts => new[] { 1, Environment.ProcessorCount }.Distinct();

    [ParamsSource(nameof(Cases))]
    public MeasuredCase Case { get; set; } = new(0);

    [ParamsSource(nameof(ThreadCounts))]
    public int Threads { get; set; }

    /// <summary>Whether a backward pass is asked of a kernel that has none.</summary>
    public static bool RepeatsForward(BenchmarkCase benchmark) =>
        benchmark.Descriptor.WorkloadMethod.Name == nameof(ForwardBackward) && ((MeasuredCase)benchmark.Parameters["Case"]).Value.Operation is null;

    [GlobalSetup]
    public void Setup()
    {
        _backend = new CpuBackend(threads: Threads);
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

    [Benchmark]
    public void ForwardBackward() => _measurement!.ForwardBackward();
}
