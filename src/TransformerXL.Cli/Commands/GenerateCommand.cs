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
        Description = "Text to continue, of any length; - reads it from standard input. Without one the model begins by itself.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _promptFile = NewOption.Text("--prompt-file", "FILE", "Read the text to continue from a file.");
    private readonly Option<long?> _tokens = NewOption.Whole("--tokens", "Tokens to write; 0 goes on without end, in constant memory.", 0, long.MaxValue, (long?)500);
    private readonly SamplingRunOptions _sampling = new();
    private readonly Option<ulong?> _seed = NewOption.Whole<ulong>("--seed", "The same seed gives the same text. [default: another one each time, told with the statistics]", 0, ulong.MaxValue);
    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "End the text before this string; may be given several times. \\n is a new line, \\t a tab.",
        HelpName = "TEXT",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _heal = NewOption.Flag("--heal", "With byte-pairs: take the last tokens of the prompt back if longer tokens begin with them, and let the model write one that goes on.");
    private readonly Option<bool> _specialAsText = NewOption.Flag("--special-as-text", "Read the names of special tokens in the prompt, such as <|endoftext|>, as plain text.");
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Tokens remembered. [default: more than in training, as in evaluation]", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", "Distance in tokens beyond which all look alike; 0 for no limit. [default: the longest of training]", 0, 1 << 20);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON at the end instead of the text: text, tokens, seconds, seed, why it ended.");
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("generate", "Let a model write: the text goes to standard output as it comes, statistics to standard error.");
        _run.AddTo(command);
        command.Add(_prompt);
        command.Add(_promptFile);
        command.Add(_tokens);
        _sampling.AddTo(command);
        command.Add(_seed);
        command.Add(_stop);
        command.Add(_heal);
        command.Add(_specialAsText);
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
        new MemoryCheck(terminal, _machine, result).Session(trained.Model.Configuration, options.Session(), "this generation", "--memory");
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
            if (statistics.DescribeOpenEnd() is { } hint)
            {
                terminal.Error.WriteLine(hint);
            }

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
            HealsPrompt = result.GetValue(_heal),
            SpecialTokensAsText = result.GetValue(_specialAsText),
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
