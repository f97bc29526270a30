using System.Buffers;
using System.Text;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Text;

namespace TransformerXL.Cli.Screens;

/// <summary>
/// Writes generated text. A pipe or a file gets exactly the bytes that the model wrote; a terminal gets the prompt before them, printable
/// characters, and a newline at the end. Several continuations have a line before each, in JSON a line for each.
/// </summary>
/// <param name="terminal">The output.</param>
/// <param name="vocabulary">The model's vocabulary.</param>
/// <param name="options">The seed and the number of continuations.</param>
/// <param name="status">Shows the progress of reading the prompt and the weights, until anything is written.</param>
internal sealed class GenerationOutput(Terminal terminal, Vocabulary vocabulary, GenerationOptions options, StatusLine status) : IProgress<GenerationReport>
{
    private readonly GenerationStatistics _statistics = new(terminal.Clock);
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly StringBuilder _text = new();
    private bool _promptRead;
    private int _begun;

    /// <summary>Whether each continuation is buffered and printed as JSON.</summary>
    public required bool Json { get; init; }

    /// <summary>The part of the prompt that a terminal shows after reading it; null for nothing.</summary>
    public required Func<string>? Prompt { get; init; }

    /// <summary>A terminal that cannot move its cursor also counts as a terminal.</summary>
    private bool OnScreen => terminal.OutIsScreen || terminal.OutConsole.Profile.Out.IsTerminal;

    public void Report(GenerationReport value)
    {
        status.Clear();
        _statistics.Report(value);
        if (_promptRead)
        {
            End(cancelled: false);
        }

        _promptRead = true;
    }

    /// <summary>Writes the pieces as they arrive, or buffers them. A text stopped by the user is handled like one that ended.</summary>
    /// <returns>Whether the user stopped it.</returns>
    public async Task<bool> WriteAsync(IAsyncEnumerable<GeneratedPiece> pieces, CancellationToken stop)
    {
        bool cancelled = false;
        try
        {
            await foreach (GeneratedPiece piece in pieces.ConfigureAwait(false))
            {
                Begin(piece.Sample);
                Write(piece);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            cancelled = true;
            End(cancelled: true);
        }

        if (!Json)
        {
            if (_statistics.DescribeOpenEnd() is { } hint)
            {
                terminal.Notes.WriteLine(hint);
            }

            terminal.Notes.WriteLine(_statistics.Describe(vocabulary.Unit, options.Seed, options.Samples));
        }

        return cancelled;
    }

    /// <summary>Writes the text before a continuation, unless it was already written.</summary>
    private void Begin(int sample)
    {
        if (Json || _begun > sample)
        {
            return;
        }

        status.Dispose();
        _begun = sample + 1;
        if (options.Samples > 1)
        {
            terminal.Out.WriteLine($"--- {_begun} of {options.Samples}, seed {unchecked(options.Seed + (ulong)sample)} ---");
        }

        if (OnScreen && Prompt is { } prompt)
        {
            terminal.Out.Write(ScreenText.Printable(prompt()));
        }

        terminal.Out.Flush();
    }

    private void Write(GeneratedPiece piece)
    {
        if (Json)
        {
            _text.Append(piece.Text);
            _bytes.Write(piece.Bytes.Span);
        }
        else if (OnScreen)
        {
            terminal.Out.Write(ScreenText.Printable(piece.Text));
            terminal.Out.Flush();
        }
        else
        {
            terminal.OutBytes.Write(piece.Bytes.Span);
            terminal.OutBytes.Flush();
        }
    }

    private void End(bool cancelled)
    {
        status.Dispose();
        int sample = cancelled ? _statistics.Ended : _statistics.Ended - 1;
        if (Json)
        {
            new JsonLines(terminal.Out).Write(json => _statistics.WriteJson(
                json, _text.ToString(), vocabulary.AcceptsAnyBytes ? (ReadOnlyMemory<byte>?)_bytes.WrittenMemory : null, vocabulary.Unit, sample, unchecked(options.Seed + (ulong)sample), cancelled));
            _text.Clear();
            _bytes.ResetWrittenCount();
            return;
        }

        if (_promptRead)
        {
            Begin(sample);
        }

        if (OnScreen || options.Samples > 1)
        {
            terminal.Out.WriteLine();
            terminal.Out.Flush();
        }
    }
}
