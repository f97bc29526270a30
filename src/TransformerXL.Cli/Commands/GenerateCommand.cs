using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl generate</c>: continues a prompt; streams the text to standard output, statistics to standard error.</summary>
internal sealed class GenerateCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "Text to continue; - reads it from standard input. [default: none]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _promptFile = NewOption.Text("--prompt-file", "FILE", "File with the text to continue.");
    private readonly Option<long?> _tokens = NewOption.Whole("--tokens", "Number of tokens to generate; 0 for no limit.", 0, long.MaxValue, (long?)new GenerationOptions().MaxTokens);
    private readonly SamplingRunOptions _sampling = new();
    private readonly Option<ulong?> _seed = NewOption.Whole<ulong>("--seed", "Random seed; the same seed gives the same text. [default: random]", 0, ulong.MaxValue);
    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Stop before this string; \\n is a newline, \\t a tab. May be repeated.",
        HelpName = "TEXT",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _stopToken = new("--stop-token")
    {
        Description = "Stop at this token. May be repeated. [default: the end of text, if there is one]",
        HelpName = "TOKEN",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _ignoreEnd = NewOption.Flag("--ignore-end", "Continue after the end-of-text token instead of stopping there.");
    private readonly Option<bool> _heal = NewOption.Flag("--heal", "Rewrite the end of the prompt if longer tokens begin with it; byte pairs only.");
    private readonly Option<bool> _specialAsText = NewOption.Flag("--special-as-text", "Read names of special tokens, such as <|endoftext|>, as plain text.");
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: from the run]", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", "Maximum relative distance in tokens; 0 for no limit. [default: the longest of training]", 0, 1 << 20);
    private readonly Option<int?> _samples = NewOption.Whole("--samples", "Number of continuations of the prompt; each uses the next seed.", 1, 1 << 20, 1);
    private readonly Option<bool> _interactive = NewOption.Flag("--interactive", "Read prompts line by line, continue each, and remember all of them; /help lists commands.");
    private readonly Option<bool> _noEcho = NewOption.Flag("--no-echo", "Omit the prompt, which a terminal shows before the text.");
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON for each continuation instead of the text.");
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly DynamicRunOptions _adapt = DynamicRunOptions.ForReading("Let a copy of the weights learn from --prompt-file");
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
        command.Add(_samples);
        command.Add(_stop);
        command.Add(_stopToken);
        command.Add(_ignoreEnd);
        command.Add(_heal);
        command.Add(_specialAsText);
        command.Add(_memory);
        command.Add(_clamp);
        command.Add(_precision);
        command.Add(_interactive);
        command.Add(_noEcho);
        command.Add(_json);
        _adapt.AddTo(command);
        _machine.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_promptFile) is not null && result.GetResult(_prompt) is not null)
            {
                result.AddError("name the text to continue once: as PROMPT or with --prompt-file");
            }

            if (_adapt.IsGiven(result) && result.GetResult(_promptFile)?.Tokens is not [.., { Value: not InputFile.StandardInput }])
            {
                result.AddError("--adapt reads the prompt twice, so that it needs a file, named by --prompt-file");
            }

            if (result.GetValue(_stop)?.Contains("") == true)
            {
                result.AddError("--stop is empty, but must be at least one character");
            }

            if (result.GetValue(_stopToken)?.Contains("") == true)
            {
                result.AddError("--stop-token is empty, but must name a token");
            }

            if (result.GetResult(_stopToken) is not null && result.GetResult(_ignoreEnd) is not null)
            {
                result.AddError("--stop-token stops at a token, and --ignore-end at none; name one of the two");
            }

            if (result.GetValue(_interactive))
            {
                RefuseBeside(result);
            }

            bool endless = Written(result, _tokens) == 0 && result.GetResult(_stop) is null && result.GetResult(_stopToken) is null;
            if (endless && result.GetValue(_json))
            {
                result.AddError("--json prints the text when it has ended, which it never does with --tokens 0 and neither --stop nor --stop-token");
            }

            if (endless && Written(result, _samples) > 1)
            {
                result.AddError("--samples writes one continuation after the other, but the first never ends with --tokens 0 and neither --stop nor --stop-token");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>What cannot be combined with a conversation.</summary>
    private void RefuseBeside(CommandResult result)
    {
        foreach (Option option in (Option[])[_promptFile, _samples, _heal, _json, _noEcho])
        {
            if (result.GetResult(option) is { Implicit: false })
            {
                result.AddError($"--interactive and {option.Name} cannot be combined");
            }
        }

        if (result.GetValue(_prompt) == InputFile.StandardInput)
        {
            result.AddError("--interactive reads prompts from standard input line by line; leave out the -");
        }
    }

    /// <summary>The number given for an option. The parsed value is not used here: an invalid one would throw before it is reported.</summary>
    private static long? Written(CommandResult result, Option option) =>
        result.GetResult(option) is { Tokens: [.., var last] } && long.TryParse(last.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        using StatusLine status = new(terminal);
        DynamicRule? rule = _adapt.Rule(result);
        // A conversation can be saved, learning reads all weights first, and nothing may be shown where a prompt is typed.
        bool owns = !result.GetValue(_interactive) && !(PromptPath(result) == InputFile.StandardInput && terminal.InputIsKeyboard);
        ModelFolder trained = owns && rule is null ? _run.Open(result, terminal, status) : _run.Load(result, terminal, stop);
        GenerationOptions options = Options(result, trained, backend) with { OwnsModel = owns };
        new MemoryCheck(terminal, _machine, result).Session(trained.Model.Configuration, options.Session(), "this generation", "--memory");
        LanguageModel model = rule is { } learns ? await AdaptAsync(learns, result, trained, options, backend, stop).ConfigureAwait(false) : trained.Model;
        Generator generator = new(model, trained.Vocabulary, backend);
        if (result.GetValue(_interactive))
        {
            return await ConverseAsync(generator, InferenceSession.Create(model, backend, options.Session()), options, result.GetValue(_prompt), stop).ConfigureAwait(false);
        }

        using Stream? file = OpenPrompt(result, status, stop);
        string prompt = file is null ? result.GetValue(_prompt) ?? "" : "";
        GenerationOutput output = new(terminal, trained.Vocabulary, options, status)
        {
            Json = result.GetValue(_json),
            Prompt = result.GetValue(_noEcho) ? null : file is null ? () => prompt : file is RememberingStream read ? () => read.Ending : null,
        };
        string name = result.GetValue(_promptFile) ?? InputFile.StandardInput;
        bool cancelled = file is null
            ? await output.WriteAsync(generator.GeneratePiecesAsync(prompt, options, output, stop), stop).ConfigureAwait(false)
            : await InputFile.NamingAsync(name, () => output.WriteAsync(generator.GeneratePiecesAsync(file, options, output, stop), stop)).ConfigureAwait(false);
        return cancelled ? ExitCode.Cancelled : ExitCode.Ok;
    }

    private async Task<int> ConverseAsync(Generator generator, InferenceSession session, GenerationOptions options, string? first, CancellationToken stop)
    {
        PromptLoop loop = new(terminal, generator, new PromptCommands(terminal, session, options), stop);
        if (terminal is { InputIsKeyboard: true, ErrorIsScreen: true, ReadKey: { } readKey })
        {
            return await loop.RunAsync(new LineEditor(terminal, readKey), first).ConfigureAwait(false);
        }

        using StreamLines lines = new(terminal, stop);
        return await loop.RunAsync(lines, first).ConfigureAwait(false);
    }

    /// <summary>A copy of the model that has learned from the prompt.</summary>
    private async Task<LanguageModel> AdaptAsync(DynamicRule rule, ParseResult result, ModelFolder trained, GenerationOptions options, CpuBackend backend, CancellationToken stop)
    {
        string path = result.GetRequiredValue(_promptFile)!;
        RegularFile.Require(path);
        ContextConfiguration context = trained.DefaultEvaluation().Context with { MemoryLength = options.MemoryLength, ClampLength = options.ClampLength };
        using DynamicRun dynamic = new(terminal, _adapt, result, trained, backend);
        dynamic.CheckMemory(new MemoryCheck(terminal, _machine, result), context, 1, "learning from the prompt");
        TextFollower follower = dynamic.Follow(rule, context, stop);
        using StatusLine status = new(terminal);
        using Stream text = InputFile.Open(path, terminal, status, stop);
        long tokens = await InputFile.NamingAsync(path, () => follower.ReadAsync(text, options.SpecialTokensAsText ? trained.Vocabulary.ReadingSpecialTokensAsText() : trained.Vocabulary, stop)).ConfigureAwait(false);
        status.Clear();
        terminal.Notes.WriteLine($"txl: {Figures.Count(follower.Steps, "step")} on {Figures.Count(tokens, trained.Vocabulary.Unit)} of {path}; the weights of the run stay as they are");
        return follower.Model;
    }

    internal GenerationOptions Options(ParseResult result, ModelFolder trained, CpuBackend backend)
    {
        UnusedOptions.RefuseOfModel(result, trained.Model.Configuration, _memory, _clamp);
        GenerationOptions standard = GenerationOptions.ForTrained(trained.Configuration.Context);
        return standard with
        {
            Sampling = _sampling.Read(result),
            MaxTokens = result.Get(_tokens),
            Samples = result.Get(_samples),
            MemoryLength = result.GetValue(_memory) ?? standard.MemoryLength,
            ClampLength = result.GetValue(_clamp) ?? standard.ClampLength,
            Precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend),
            Seed = result.GetValue(_seed) ?? (ulong)Random.Shared.Next(),
            HealsPrompt = result.GetValue(_heal),
            SpecialTokensAsText = result.GetValue(_specialAsText),
            Stop = [.. (result.GetValue(_stop) ?? []).Select(Escapes.Resolve)],
            StopTokens = [.. (result.GetValue(_stopToken) ?? []).Select(Escapes.Resolve)],
            StopsAtEndOfText = !result.GetValue(_ignoreEnd),
        };
    }

    /// <summary>The file of the prompt, or standard input; null if the prompt is on the command line.</summary>
    private string? PromptPath(ParseResult result) => result.GetValue(_promptFile) ?? (result.GetValue(_prompt) == InputFile.StandardInput ? InputFile.StandardInput : null);

    private Stream? OpenPrompt(ParseResult result, StatusLine status, CancellationToken stop)
    {
        if (PromptPath(result) is not { } path)
        {
            return null;
        }

        // A typed prompt is already on the screen.
        Stream input = InputFile.Open(path, terminal, status, stop);
        return path == InputFile.StandardInput && terminal.InputIsKeyboard ? input : new RememberingStream(input);
    }
}
