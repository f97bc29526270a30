using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Bench;

/// <summary>
/// Trainings with one size changed at a time. If the share of the arithmetic peak stays the same, the cost is proportional to the
/// arithmetic.
/// </summary>
internal sealed class SizeBench(BenchModel bench, CpuBackend backend, TimeProvider clock)
{
    private const int Batch = 4;

    /// <summary>One of the trainings.</summary>
    /// <param name="Size">The size that differs.</param>
    /// <param name="Value">Its value.</param>
    /// <param name="Model">The model.</param>
    /// <param name="Streams">The batch.</param>
    /// <param name="Threads">Number of compute threads.</param>
    public sealed record Variation(string Size, int Value, BenchModel Model, int Streams, int Threads);

    /// <summary>The variations: each size at a half or a quarter, unchanged, and twice or four times as large.</summary>
    public IReadOnlyList<Variation> Variations { get; } =
    [
        .. new[] { 1, 4, 16 }.Select(n => new Variation("batch", n, bench, n, backend.Threads)),
        .. Around(bench.Training.TargetLength).Select(n => Change("segment", n, bench.With(null, null, n, null), backend)),
        .. MemoryLengths(bench).Select(n => Change("memory", n, bench.With(null, null, null, n), backend)),
        .. Around(bench.Model.Layers).Select(n => Change("layers", n, bench.With(n, null, null, null), backend)),
        .. Around(bench.Model.ModelSize).Where(int.IsEvenInteger).Select(n => Change("model size", n, bench.With(null, n, null, null), backend)),
        .. Enumerable.Range(1, backend.Threads).Where(int.IsPow2).Select(n => new Variation("threads", n, bench, Batch, n)),
    ];

    /// <summary>Measures one variation.</summary>
    public BenchResult Measure(Variation variation, TimeSpan duration, CancellationToken stop)
    {
        using CpuBackend? other = variation.Threads == backend.Threads ? null : new CpuBackend(backend.Isa, variation.Threads);
        CpuBackend used = other ?? backend;
        Workload workload = TrainingWorkload.Create(variation.Model, variation.Streams, Precision.Float32, used);
        return BenchRunner.Measure(variation.Model.Name, "train", workload, used, duration, clock, null, stop);
    }

    /// <summary>The variations of the memory; none of a recurrent model, whose state has one size.</summary>
    private static IEnumerable<int> MemoryLengths(BenchModel bench) =>
        bench.Model is RecurrentConfiguration ? [] : Around(bench.Training.MemoryLength).Prepend(0).Distinct();

    /// <summary>Half of a size, the size, and twice the size, if valid.</summary>
    private static IEnumerable<int> Around(int size) => new[] { size / 2, size, 2 * size }.Where(value => value > 0);

    private static Variation Change(string size, int value, BenchModel model, CpuBackend backend) => new(size, value, model, Batch, backend.Threads);
}
