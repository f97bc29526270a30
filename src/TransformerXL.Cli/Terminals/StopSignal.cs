using System.Runtime.InteropServices;

namespace TransformerXL.Cli.Terminals;

/// <summary>Ctrl+C and termination signals: the first asks a command to stop, the second ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private const string ShowCursor = "\u001b[?25h";
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Terminal _terminal;

    public StopSignal(Terminal terminal)
    {
        _terminal = terminal;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
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
        if (!_source.IsCancellationRequested)
        {
            // Elsewhere, because what is registered with the token runs before this returns, and a second signal must get through.
            ThreadPool.QueueUserWorkItem(_ => _source.Cancel());
            return;
        }

        if (_terminal.OutIsScreen || _terminal.ErrorIsScreen)
        {
            _terminal.Error.Write(ShowCursor);
        }

        Environment.Exit(ExitCode.Cancelled);
    }
}
