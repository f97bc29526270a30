using System.Runtime.InteropServices;

namespace TransformerXL.Cli.Terminals;

/// <summary>Ctrl+C, termination, a closed terminal: the first signal asks a command to stop, a second one after a short delay ends the process immediately. Ctrl+C belongs to <see cref="Terminal.Interrupted"/> where a command has set it.</summary>
internal sealed class StopSignal : IDisposable
{
    private const string ShowCursor = "\u001b[?25h";

    /// <summary>Signals within this time after the first count as the same request.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private volatile Terminal? _terminal;
    private readonly SuspensionClock? _suspensions;
    private long _first;
    private int _told, _continued;

    /// <summary>Takes signals from now on.</summary>
    /// <param name="byMpirun">
    /// Whether mpirun has started this process. It answers Ctrl+C by SIGCONT at once, by SIGTERM a second later (<c>odls_base_sigkill_timeout</c>), and by SIGKILL after another one: to begin at the first
    /// leaves twice the time to save.
    /// </param>
    public StopSignal(bool byMpirun = false)
    {
        _suspensions = byMpirun ? new SuspensionClock() : null;
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, .. byMpirun && !OperatingSystem.IsWindows() ? (PosixSignal[])[PosixSignal.SIGCONT] : []];
        _registrations = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Gives the terminal that answers signals, also one that came before.</summary>
    public void Attach(Terminal terminal)
    {
        _terminal = terminal;
        Tell();
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _suspensions?.Dispose();
        _source.Dispose();
    }

    /// <summary>Answers a signal.</summary>
    public void OnSignal(PosixSignalContext context)
    {
        if (context.Signal == PosixSignal.SIGCONT && (_suspensions is null || _suspensions.WasSuspended || Interlocked.Read(ref _first) != 0))
        {
            return;
        }

        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && _terminal?.Interrupted?.Invoke() == true)
        {
            return;
        }

        TimeProvider clock = _terminal?.Clock ?? TimeProvider.System;
        long now = clock.GetTimestamp();
        if (context.Signal != PosixSignal.SIGCONT && Interlocked.Exchange(ref _continued, 0) != 0)
        {
            // The SIGTERM that follows belongs to the same request, however much later it comes.
            Interlocked.Exchange(ref _first, now);
            return;
        }

        if (Interlocked.CompareExchange(ref _first, now, 0) == 0)
        {
            _continued = context.Signal == PosixSignal.SIGCONT ? 1 : 0;
            Tell();
            // On another thread, because Cancel runs registered callbacks before it returns, and a second signal must still be handled.
            ThreadPool.QueueUserWorkItem(_ => _source.Cancel());
            return;
        }

        if (clock.GetElapsedTime(_first, now) < Grace)
        {
            return;
        }

        if (_terminal is { } terminal && (terminal.OutIsScreen || terminal.ErrorIsScreen))
        {
            TextWriter raw = terminal.ErrorConsole.Profile.Out.Writer;
            raw.Write(ShowCursor);
            raw.Flush();
        }

        Environment.Exit(ExitCode.Cancelled);
    }

    /// <summary>Says once that the command stops, when a signal has come and there is a terminal.</summary>
    private void Tell()
    {
        if (_terminal is { OutIsScreen: false } terminal && Interlocked.Read(ref _first) != 0 && Interlocked.Exchange(ref _told, 1) == 0)
        {
            terminal.Notes.WriteLine($"txl: stopping; once more ends at once{(terminal.SavesWhenStopped ? ", and saves nothing" : "")}");
        }
    }
}
