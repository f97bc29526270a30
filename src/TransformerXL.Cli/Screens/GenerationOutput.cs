using System.Buffers;
using System.Text;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Text;

namespace TransformerXL.Cli.Screens;

/// <summary>
/// Where a generated text goes. A pipe or a file gets exactly the bytes that the model wrote, and nothing else; a terminal gets the prompt before them, printable
/// characters, and a newline at the end. Several continuations have a line before each, in JSON a line for each.
/// </summary>
/// <param name="terminal">Where to.</param>
/// <param name="vocabulary">What the model writes.</param>
/// <param name="options">The seed and the number of continuations.</param>
/// <param name="status">Shows how much of the prompt was read; cleared before anything is written.</param>
internal sealed class GenerationOutput(Terminal terminal, Vocabulary vocabulary, GenerationOptions options, StatusLine status) : IProgress<GenerationReport>
{
    private readonly GenerationStatistics _statistics = new(terminal.Clock);
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly StringBuilder _text = new();
    private bool _promptRead;
    private int _begun;

    /// <summary>Whether each continuation is kept and printed as JSON.</summary>
    public required bool Json { get; init; }

    /// <summary>What a terminal shows of the prompt once it has been read; null for nothing.</summary>
    public required Func<string>? Prompt { get; init; }

    /// <summary>A terminal that cannot move its cursor is one all the same.</summary>
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

    /// <summary>Writes the pieces as they come, or keeps them. A text stopped by the user is as good as one that ended.</summary>
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

    /// <summary>What stands before a continuation, unless it stands there already.</summary>
    private void Begin(int sample)
    {
        if (Json || _begun > sample)
        {
            return;
        }

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
        int sample = cancelled ? _statistics.Ended : _statistics.Ended - 1;
        if (Json)
        {
            new JsonLines(terminal.Out).Write(json => _statistics.WriteJson(
                json, _text.ToString(), vocabulary.AcceptsAnyBytes ? _bytes.WrittenMemory : null, vocabulary.Unit, sample, unchecked(options.Seed + (ulong)sample), cancelled));
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
