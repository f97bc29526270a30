using TransformerXL.Cli.Options;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Inference;

namespace TransformerXL.Cli.Bench;

/// <summary>Measures a workload: warm-up until the memory is full and the code compiled, then steps until the time is over.</summary>
internal static class BenchRunner
{
    private const int MinWarmUpSteps = 2;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5), PeakDuration = TimeSpan.FromSeconds(0.4), BetweenReports = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures.</summary>
    /// <param name="name">The name of the model.</param>
    /// <param name="mode">The name of the workload.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="duration">The measurement ends with the first step that ends after this time.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="progress">Called twice a second with the elapsed part of the duration.</param>
    /// <param name="stop">Cancels the measurement.</param>
    public static BenchResult Measure(
        string name, string mode, Workload workload, CpuBackend backend, TimeSpan duration, TimeProvider clock, IProgress<TimeSpan>? progress, CancellationToken stop)
    {
        // Memory of an earlier measurement must not count.
        PeakMemory.Reset();

        // Single tokens read the weights in their stored precision.
        bool many = workload.BytesPerStep == 0 || workload.Batch > InferenceOperations.FewRows;
        string? unit = many ? PrecisionNames.UnitOf(workload.Precision, backend) : null;
        double peak = PeakMeasurement.Gigaflops(backend, PeakDuration, unit is null ? Precision.Float32 : workload.Precision);
        RunSteps(workload, WarmUp, Math.Max(MinWarmUpSteps, workload.StepsToFillMemory), clock, null, stop);
        (List<double> seconds, double total) = RunSteps(workload, duration, 1, clock, progress, stop);

        // The bandwidth measurement needs memory of its own, which must not count as the workload's.
        long peakMemory = PeakMemory.Read();
        double peakRead = PeakMeasurement.ReadGigabytes(backend, PeakDuration / 2);
        return new BenchResult
        {
            Model = name,
            Mode = mode,
            Batch = workload.Batch,
            Threads = backend.Threads,
            Precision = PrecisionNames.Of(workload.Precision),
            Unit = unit,
            Isa = backend.Isa.ToString().ToLowerInvariant(),
            Parameters = workload.Parameters,
            TargetLength = workload.Context.TargetLength,
            MemoryLength = workload.Context.MemoryLength,
            Dropout = Math.Round(workload.Dropout, 6),
            Steps = seconds.Count,
            TokensPerSecond = workload.TokensPerStep * seconds.Count / total,
            SecondsPerStep = Median(seconds),
            Gigaflops = workload.OperationsPerStep * seconds.Count / total / 1e9,
            PeakGigaflops = peak,
            Gigabytes = (double)workload.BytesPerStep * seconds.Count / total / 1e9,
            PeakGigabytes = peakRead,
            PeakMemoryBytes = peakMemory,
        };
    }

    private static (List<double> Seconds, double Total) RunSteps(Workload workload, TimeSpan duration, int min, TimeProvider clock, IProgress<TimeSpan>? progress, CancellationToken stop)
    {
        List<double> seconds = new(1 << 16);
        long begin = clock.GetTimestamp(), last = begin, reported = begin;
        while (seconds.Count < min || clock.GetElapsedTime(begin, last) < duration)
        {
            stop.ThrowIfCancellationRequested();
            workload.Step();
            long now = clock.GetTimestamp();
            seconds.Add(clock.GetElapsedTime(last, now).TotalSeconds);
            last = now;
            if (progress is not null && clock.GetElapsedTime(reported, now) >= BetweenReports)
            {
                progress.Report(clock.GetElapsedTime(begin, now));
                last = reported = clock.GetTimestamp();
            }
        }

        return (seconds, clock.GetElapsedTime(begin, last).TotalSeconds);
    }

    /// <summary>The median; sorts the values.</summary>
    public static double Median(List<double> values)
    {
        values.Sort();
        int middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
