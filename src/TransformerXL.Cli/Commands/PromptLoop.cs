using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;

namespace TransformerXL.Cli.Commands;

/// <summary>
/// <c>txl generate --interactive</c>: every line is a prompt that the model continues, and the session remembers all of them. A line that begins with a slash is
/// a command.
/// </summary>
/// <param name="terminal">Where prompts come from and texts go to.</param>
/// <param name="generator">Writes.</param>
/// <param name="commands">Session and options.</param>
/// <param name="stop">The end of the program.</param>
internal sealed class PromptLoop(Terminal terminal, Generator generator, PromptCommands commands, CancellationToken stop)
{
    private const string Prompt = "> ", More = ". ";

    private readonly Lock _gate = new();
    private CancellationTokenSource? _current;
    private bool _interrupted;

    /// <summary>Reads prompts to the end of the input.</summary>
    /// <param name="lines">The prompts.</param>
    /// <param name="first">A prompt before those; null for none.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(ILineSource lines, string? first)
    {
        if (!terminal.InputIsKeyboard)
        {
            return await ReadAllAsync(lines, first).ConfigureAwait(false);
        }

        terminal.Notes.WriteLine($"The model continues each line; an empty line continues its own text. Ctrl+C stops the text, /help lists commands, {(OperatingSystem.IsWindows() ? "" : "Ctrl+D or ")}/quit ends.");
        terminal.Interrupted = Interrupt;
        try
        {
            return await ReadAllAsync(lines, first).ConfigureAwait(false);
        }
        finally
        {
            terminal.Interrupted = null;
        }
    }

    private async Task<int> ReadAllAsync(ILineSource lines, string? first)
    {
        for (string? line = first; ; line = null)
        {
            try
            {
                line ??= await InterruptibleAsync(token => ReadAsync(lines, token)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // On a line that is not empty it discards the line.
                if (_interrupted && !lines.HasText)
                {
                    return ExitCode.Cancelled;
                }

                _interrupted = true;
                terminal.Notes.WriteLine("Ctrl+C once more ends.");
                continue;
            }

            if (line is null)
            {
                return ExitCode.Ok;
            }

            _interrupted = false;
            if (!await AnswerAsync(line).ConfigureAwait(false))
            {
                return ExitCode.Ok;
            }
        }
    }

    /// <summary>A prompt; after a line that ends with a backslash the next line belongs to it too.</summary>
    private static async Task<string?> ReadAsync(ILineSource lines, CancellationToken token)
    {
        string? line = await lines.ReadAsync(Prompt, token).ConfigureAwait(false);
        string text = "";
        while (line?.EndsWith('\\') == true)
        {
            text += line[..^1] + "\n";
            line = await lines.ReadAsync(More, token).ConfigureAwait(false);
        }

        return line is null && text.Length == 0 ? null : text + line;
    }

    /// <returns>Whether the loop continues.</returns>
    private async Task<bool> AnswerAsync(string line)
    {
        try
        {
            if (PromptCommands.IsCommand(line))
            {
                return commands.Run(line);
            }

            await WriteAsync(PromptCommands.TextOf(line)).ConfigureAwait(false);
        }
        catch (InputException fault) when (terminal.InputIsKeyboard)
        {
            terminal.Error.WriteLine($"txl: {fault.Message}");
        }

        return true;
    }

    private async Task WriteAsync(string prompt)
    {
        commands.Begin();
        PromptProgress progress = new();
        try
        {
            await InterruptibleAsync(async token =>
            {
                await foreach (string piece in generator.GenerateAsync(commands.Session, prompt, commands.NextOptions(), progress, token).ConfigureAwait(false))
                {
                    terminal.Out.Write(terminal.OutIsScreen ? ScreenText.Printable(piece) : piece);
                    terminal.Out.Flush();
                }

                return true;
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            _interrupted = true;
            if (!progress.IsRead)
            {
                commands.Undo();
                terminal.Notes.WriteLine("Stopped while the prompt was read; it is not remembered.");
                return;
            }
        }
        catch
        {
            commands.Undo();
            throw;
        }

        terminal.Out.WriteLine();
        terminal.Out.Flush();
        if (progress.Unknown > 0)
        {
            terminal.Notes.WriteLine($"{Figures.Count(progress.Unknown, "token")} of the line {(progress.Unknown == 1 ? "is" : "are")} unknown to the vocabulary.");
        }
    }

    /// <summary>Work that Ctrl+C ends.</summary>
    private async Task<T> InterruptibleAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        using CancellationTokenSource current = CancellationTokenSource.CreateLinkedTokenSource(stop);
        lock (_gate)
        {
            _current = current;
        }

        try
        {
            return await work(current.Token).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _current = null;
            }
        }
    }

    /// <summary>Ctrl+C, on a thread of its own.</summary>
    private bool Interrupt()
    {
        lock (_gate)
        {
            // What waits goes on elsewhere: this thread serves signals.
            _ = _current?.CancelAsync();
        }

        return true;
    }

    private sealed class PromptProgress : IProgress<GenerationReport>
    {
        public bool IsRead { get; private set; }

        public long Unknown { get; private set; }

        public void Report(GenerationReport value) => (IsRead, Unknown) = (true, value.UnknownTokens);
    }
}
