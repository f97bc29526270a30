using System.Diagnostics;

namespace TransformerXL.Cli.Terminals;

/// <summary>Tells whether the process has just continued after it was suspended (SIGSTOP, Ctrl+Z): then a clock that ticks ten times a second has missed its ticks.</summary>
internal sealed class SuspensionClock : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100), Missed = TimeSpan.FromSeconds(1), Recent = TimeSpan.FromSeconds(3);

    private readonly Timer _timer;
    private long _last = Stopwatch.GetTimestamp(), _continued;

    public SuspensionClock() => _timer = new Timer(_ => Update(), null, Tick, Tick);

    /// <summary>Whether ticks are missing now, or were a moment ago.</summary>
    public bool WasSuspended
    {
        get
        {
            Update();
            return Interlocked.Read(ref _continued) is not 0 and var continued && Stopwatch.GetElapsedTime(continued) < Recent;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Update()
    {
        long now = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(Interlocked.Exchange(ref _last, now), now) > Missed)
        {
            Interlocked.Exchange(ref _continued, now);
        }
    }
}
