using TransformerXL.Models;

namespace TransformerXL.Inference.Watching;

/// <summary>When a line stands out.</summary>
public sealed record WatchOptions
{
    /// <summary>Memory of the session that reads; its <see cref="ScoringOptions.Top"/> has no effect.</summary>
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>A line stands out if it costs more bits per character than this part of the lines before it.</summary>
    public double Quantile { get; init; } = 0.99;

    /// <summary>Lines that are read before any may stand out.</summary>
    public int WarmUp { get; init; } = 200;

    /// <summary>Shorter lines, in characters, are read but neither judged nor counted.</summary>
    public int MinCharacters { get; init; } = 8;

    /// <summary>Longer lines, in bytes, are read and judged in parts of this size, so that memory stays constant.</summary>
    public int MaxLineBytes { get; init; } = 1 << 14;

    /// <summary>The options with the memory of <see cref="ScoringOptions.ForTrained"/>.</summary>
    /// <param name="training">The lengths of training.</param>
    public static WatchOptions ForTrained(ContextConfiguration training) => new() { Scoring = ScoringOptions.ForTrained(training) };

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Require.Present("scoring", Scoring);
        Scoring.Validate();
        Require.That(Quantile is > 0 and < 1, FormattableString.Invariant($"quantile is {Quantile}, but must be above 0 and below 1"), nameof(Quantile));
        Require.Between("warm-up lines", WarmUp, 1, int.MaxValue, nameof(WarmUp));
        Require.Between("least characters", MinCharacters, 1, int.MaxValue, nameof(MinCharacters));
        Require.Between("most bytes of a line", MaxLineBytes, 64, 1 << 20, nameof(MaxLineBytes));
    }
}
