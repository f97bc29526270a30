using TransformerXL.Cli.Bench;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Cli.Quickstart;

/// <summary>Measures the duration of a training step with random tokens.</summary>
internal static class StepTimer
{
    private const int MinSteps = 3;

    /// <summary>Seconds per step after the code is compiled and the memory is full.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="duration">The approximate duration of the measurement.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="stop">Cancels the measurement.</param>
    public static double Measure(RunConfiguration configuration, CpuBackend backend, TimeSpan duration, TimeProvider clock, CancellationToken stop)
    {
        TrainingWorkload workload = new(configuration.Model, configuration.Context, configuration.Training, backend);
        Run(workload, duration / 2, Math.Max(MinSteps, workload.StepsToFillMemory), clock, stop);
        List<double> seconds = Run(workload, duration / 2, MinSteps, clock, stop);
        seconds.Sort();
        // The median step reads the usual memory.
        int rows = configuration.Context.TargetLength + configuration.Context.ExtendedLength;
        double mean = new MemorySchedule(configuration.Context, configuration.Training).MeanCost(configuration.Model, rows, configuration.Training.BatchSize);
        return Math.Max(seconds[seconds.Count / 2] * mean, 1e-6);
    }

    private static List<double> Run(TrainingWorkload workload, TimeSpan duration, int min, TimeProvider clock, CancellationToken stop)
    {
        List<double> seconds = [];
        long begin = clock.GetTimestamp(), last = begin;
        while (seconds.Count < min || clock.GetElapsedTime(begin, last) < duration)
        {
            stop.ThrowIfCancellationRequested();
            workload.Step();
            long now = clock.GetTimestamp();
            seconds.Add(clock.GetElapsedTime(last, now).TotalSeconds);
            last = now;
        }

        return seconds;
    }
}
