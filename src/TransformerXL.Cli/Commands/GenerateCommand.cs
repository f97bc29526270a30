using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl generate</c>: continues a prompt; the text goes to standard output as it comes, statistics to standard error.</summary>
internal sealed class GenerateCommand(Terminal terminal) : ICommandDefinition
{
    private const string StandardInput = "-";

    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "Text to continue; - reads it from standard input. [default: none]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _promptFile = NewOption.Text("--prompt-file", "FILE", "File with the text to continue.");
    private readonly Option<long?> _tokens = NewOption.Whole("--tokens", "Number of tokens to generate; 0 for no limit.", 0, long.MaxValue, (long?)500);
    private readonly SamplingRunOptions _sampling = new();
    private readonly Option<ulong?> _seed = NewOption.Whole<ulong>("--seed", "Random seed; the same seed gives the same text. [default: random]", 0, ulong.MaxValue);
    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Stop before this string; \\n is a newline, \\t a tab. May be repeated.",
        HelpName = "TEXT",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: from the run]", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", "Maximum relative distance in tokens; 0 for no limit. [default: the longest of training]", 0, 1 << 20);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON at the end instead of the text.");
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("generate", "Generate text: it goes to standard output as it comes, statistics go to standard error.");
        _run.AddTo(command);
        command.Add(_prompt);
        command.Add(_promptFile);
        command.Add(_tokens);
        _sampling.AddTo(command);
        command.Add(_seed);
        command.Add(_stop);
        command.Add(_memory);
        command.Add(_clamp);
        command.Add(_precision);
        command.Add(_json);
        _machine.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_promptFile) is not null && result.GetResult(_prompt) is not null)
            {
                result.AddError("name the text to continue once: as PROMPT or with --prompt-file");
            }

            if (result.GetValue(_stop)?.Contains("") == true)
            {
                result.AddError("--stop is empty, but must be at least one character");
            }

            if (result.GetValue(_json) && result.GetValue(_tokens) == 0 && result.GetResult(_stop) is null)
            {
                result.AddError("--json prints the text when it has ended, which it never does with --tokens 0 and no --stop");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        TrainedModel trained = _run.Load(result, terminal);
        GenerationOptions options = Options(result, trained, backend);
        Generator generator = new(trained.Model, trained.Vocabulary, backend);
        using Stream? file = OpenPrompt(result);
        string prompt = file is null ? result.GetValue(_prompt) ?? "" : "";
        GenerationStatistics statistics = new(terminal.Clock);
        using StringReader typed = new(prompt);
        IAsyncEnumerable<string> text = file is null
            ? generator.GenerateAsync(typed, options, statistics, stop)
            : generator.GenerateAsync(file, options, statistics, stop);
        StringBuilder? kept = result.GetValue(_json) ? new StringBuilder() : null;
        string name = result.GetValue(_promptFile) ?? "standard input";
        bool cancelled = file is null
            ? await WriteAsync(text, terminal.OutIsScreen ? prompt : "", kept, stop).ConfigureAwait(false)
            : await InputFile.NamingAsync(name, () => WriteAsync(text, "", kept, stop)).ConfigureAwait(false);
        if (kept is not null)
        {
            new JsonLines(terminal.Out).Write(json => statistics.WriteJson(json, kept.ToString(), trained.Vocabulary.Unit, options.Seed, cancelled));
        }
        else
        {
            terminal.Error.WriteLine(statistics.Describe(trained.Vocabulary.Unit, options.Seed));
        }

        return cancelled ? ExitCode.Cancelled : ExitCode.Ok;
    }

    /// <summary>Writes the pieces as they come, or keeps them. A text stopped by the user is as good as one that ended.</summary>
    private async Task<bool> WriteAsync(IAsyncEnumerable<string> text, string before, StringBuilder? kept, CancellationToken stop)
    {
        bool cancelled = false, screen = terminal.OutIsScreen;
        terminal.Out.Write(kept is null ? before : "");
        try
        {
            await foreach (string piece in text.ConfigureAwait(false))
            {
                if (kept is not null)
                {
                    kept.Append(piece);
                    continue;
                }

                terminal.Out.Write(screen ? ScreenText.Printable(piece) : piece);
                terminal.Out.Flush();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            cancelled = true;
        }

        if (kept is null)
        {
            terminal.Out.WriteLine();
            terminal.Out.Flush();
        }

        return cancelled;
    }

    private GenerationOptions Options(ParseResult result, TrainedModel trained, CpuBackend backend)
    {
        GenerationOptions standard = GenerationOptions.ForTrained(trained.Configuration.Context);
        return standard with
        {
            Sampling = _sampling.Read(result),
            MaxTokens = result.Get(_tokens),
            MemoryLength = result.GetValue(_memory) ?? standard.MemoryLength,
            ClampLength = result.GetValue(_clamp) ?? standard.ClampLength,
            Precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend),
            Seed = result.GetValue(_seed) ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
            Stop = [.. (result.GetValue(_stop) ?? []).Select(Escapes.Resolve)],
        };
    }

    private Stream? OpenPrompt(ParseResult result)
    {
        if (result.GetValue(_promptFile) is { } path)
        {
            return InputFile.Open(path);
        }

        if (result.GetValue(_prompt) != StandardInput)
        {
            return null;
        }

        if (terminal.InputIsKeyboard)
        {
            terminal.Error.WriteLine(OperatingSystem.IsWindows() ? "Type the text to continue; Ctrl+Z and Enter end it." : "Type the text to continue; Ctrl+D ends it.");
        }

        return terminal.OpenInput();
    }
}
