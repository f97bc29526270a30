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
    private readonly Terminal _terminal;
    private long _first;

    public StopSignal(Terminal terminal)
    {
        _terminal = terminal;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
        ];
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && _terminal.Interrupted?.Invoke() == true)
        {
            return;
        }

        long now = _terminal.Clock.GetTimestamp();
        if (Interlocked.CompareExchange(ref _first, now, 0) == 0)
        {
            if (!_terminal.OutIsScreen)
            {
                _terminal.Notes.WriteLine($"txl: stopping; once more ends at once{(_terminal.SavesWhenStopped ? ", and saves nothing" : "")}");
            }

            // On another thread, because Cancel runs registered callbacks before it returns, and a second signal must still be handled.
            ThreadPool.QueueUserWorkItem(_ => _source.Cancel());
            return;
        }

        if (_terminal.Clock.GetElapsedTime(_first, now) < Grace)
        {
            return;
        }

        if (_terminal.OutIsScreen || _terminal.ErrorIsScreen)
        {
            TextWriter raw = _terminal.ErrorConsole.Profile.Out.Writer;
            raw.Write(ShowCursor);
            raw.Flush();
        }

        Environment.Exit(ExitCode.Cancelled);
    }
}
