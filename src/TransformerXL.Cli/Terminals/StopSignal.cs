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
    private long _first;
    private int _told;

    /// <summary>Takes signals from now on.</summary>
    public StopSignal() => _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
        ];

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

        _source.Dispose();
    }

    /// <summary>Answers a signal.</summary>
    public void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && _terminal?.Interrupted?.Invoke() == true)
        {
            return;
        }

        TimeProvider clock = _terminal?.Clock ?? TimeProvider.System;
        long now = clock.GetTimestamp();
        if (Interlocked.CompareExchange(ref _first, now, 0) == 0)
        {
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
