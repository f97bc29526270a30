using System.Text;

namespace TransformerXL.Cli.Terminals;

/// <summary>The lines of a pipe or file, or of a keyboard whose screen cannot be drawn on.</summary>
internal sealed class StreamLines : ILineSource, IDisposable
{
    private readonly Terminal _terminal;
    private readonly StreamReader _reader;
    private Task<string?>? _line;

    /// <param name="terminal">Where the lines come from.</param>
    /// <param name="stop">The user's wish to stop.</param>
    public StreamLines(Terminal terminal, CancellationToken stop)
    {
        Stream input = terminal.OpenInput();
        (_terminal, _reader) = (terminal, new StreamReader(new InterruptibleStream(() => input, stop) { Name = Commands.InputFile.NameOf(Commands.InputFile.StandardInput) }, new UTF8Encoding(false)));
    }

    /// <summary>What was typed is not known before the line has ended.</summary>
    public bool HasText => false;

    public void Dispose() => _reader.Dispose();

    public async Task<string?> ReadAsync(string prompt, CancellationToken cancellationToken)
    {
        if (_terminal.InputIsKeyboard)
        {
            _terminal.Error.Write(prompt);
            _terminal.Error.Flush();
        }

        _line ??= _reader.ReadLineAsync(CancellationToken.None).AsTask();
        string? line = await _line.WaitAsync(cancellationToken).ConfigureAwait(false);
        _line = null;
        return line;
    }
}
