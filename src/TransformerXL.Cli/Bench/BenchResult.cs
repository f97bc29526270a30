namespace TransformerXL.Cli.Bench;

/// <summary>The result of a measurement.</summary>
internal sealed record BenchResult
{
    public required string Model { get; init; }

    public required string Mode { get; init; }

    public required int Batch { get; init; }

    public required int Threads { get; init; }

    public required string Isa { get; init; }

    /// <summary>The precision of products with weights, as named on the command line.</summary>
    public required string Precision { get; init; }

    /// <summary>The unit that multiplied bfloat16 or 8-bit values, which also determines the peak: <c>amx</c>, <c>avx512-bf16</c>, <c>avx512-vnni</c>; null for the vectors of the instruction set.</summary>
    public required string? Unit { get; init; }

    public required long Parameters { get; init; }

    public required int TargetLength { get; init; }

    public required int MemoryLength { get; init; }

    public required double Dropout { get; init; }

    /// <summary>Number of measured steps.</summary>
    public required int Steps { get; init; }

    /// <summary>All tokens over all time.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>The median.</summary>
    public required double SecondsPerStep { get; init; }

    /// <summary>Needed arithmetic over all time, in 10^9 operations per second.</summary>
    public required double Gigaflops { get; init; }

    /// <summary>The processor's peak with operands in registers, measured just before, in 10^9 operations per second.</summary>
    public required double PeakGigaflops { get; init; }

    /// <summary>Needed bytes over all time, in 10^9 per second; 0 if the workload is not memory-bound.</summary>
    public required double Gigabytes { get; init; }

    /// <summary>The memory bandwidth for reading, measured just after, in 10^9 bytes per second.</summary>
    public required double PeakGigabytes { get; init; }

    /// <summary>The largest resident set of the process during this measurement.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary><see cref="Gigaflops"/> over <see cref="PeakGigaflops"/>.</summary>
    public double ShareOfPeak => Gigaflops / PeakGigaflops;

    /// <summary><see cref="Gigabytes"/> over <see cref="PeakGigabytes"/>; above 1 if the model fits in the caches.</summary>
    public double ShareOfBandwidth => Gigabytes / PeakGigabytes;

    /// <summary>The measurement as a share of the peak that bounds it.</summary>
    public PeakShare Share => Gigabytes > 0
        ? new PeakShare(PeakShare.NameOf($"{Mode} {Model}, batch {Batch}", Precision), PeakShare.Memory, ShareOfBandwidth)
        : new PeakShare(PeakShare.NameOf($"{Mode} {Model}, batch {Batch}", Precision), PeakShare.Arithmetic, ShareOfPeak);
}
