using System.CommandLine;
using System.CommandLine.Help;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Help;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;

namespace TransformerXL.Cli;

/// <summary>The program <c>txl</c>: parses the command line, runs a command, and converts exceptions to messages and exit codes.</summary>
internal sealed class TxlApplication(Terminal terminal)
{
    private const string About = """
        TransformerXL for .NET: train, evaluate and run language models with a long memory, on the processor you have.

        New here? 'txl quickstart' trains a small model in a minute and shows what it writes.
        """;

    /// <summary>As other programs have it: <c>txl help train</c> is <c>txl train --help</c>.</summary>
    private const string HelpWord = "help";

    private readonly Option<bool> _debug = new("--debug")
    {
        Description = "Show the stack trace of an error.",
        Recursive = true,
    };

    private readonly Option<bool> _quiet = new("--quiet")
    {
        Description = "Print results and errors only: no progress, statistics, remarks or hints.",
        Recursive = true,
    };

    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        if (arguments.FirstOrDefault(argument => argument.Contains('\0', StringComparison.Ordinal)) is { } odd)
        {
            terminal.Error.WriteLine($"txl: the argument '{InputText.Show(odd)}' holds a NUL character, which no path and no name can");
            return ExitCode.WrongUsage;
        }

        if (arguments is [HelpWord, ..])
        {
            // An unknown name is parsed as a command, so that the usual error appears.
            bool asks = arguments is not [_, var name, ..] || name.StartsWith('-') || Definitions().Any(command => command.Name == name);
            arguments = asks ? [.. arguments.Skip(1), "--help"] : [.. arguments.Skip(1)];
        }

        bool debug = arguments.Contains("--debug");
        int code;
        ParseResult? result = null;
        try
        {
            result = CreateRoot(arguments).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            terminal.IsQuiet = result.GetResult(_quiet) is { Implicit: false };
            code = await InvokeAsync(result, arguments, stop).ConfigureAwait(false);
            terminal.Out.Flush();
        }
        catch (OutputLostException)
        {
            code = ExitCode.Ok;
        }
        catch (Exception exception)
        {
            code = Explain(exception, result, debug, stop);
        }

        return Finish(code);
    }

    /// <summary>All commands, or only the one that the arguments name: the options of the others would take a third of the time of a short command.</summary>
    internal RootCommand CreateRoot(IReadOnlyList<string>? arguments = null)
    {
        RootCommand root = new(About) { _debug, _quiet };
        string? word = arguments?.FirstOrDefault(argument => !argument.StartsWith('-'));
        (string Name, Func<ICommandDefinition> Define)[] all = Definitions(), named = [.. all.Where(command => command.Name == word)];
        foreach ((_, Func<ICommandDefinition> define) in named.Length > 0 ? named : all)
        {
            root.Add(define().Create());
        }

        CompleteRuns(root);

        HelpOption help = root.Options.OfType<HelpOption>().Single();
        (help.Description, help.Action) = ("Show this help.", new CommandHelpAction(terminal));
        root.Options.OfType<VersionOption>().Single().Description = "Show the version.";
        return root;
    }

    private static void CompleteRuns(Command command)
    {
        foreach (Argument run in command.Arguments.Where(argument => argument.Name == "RUN"))
        {
            run.CompletionSources.Add(RunFolders.Complete);
        }

        foreach (Command subcommand in command.Subcommands)
        {
            CompleteRuns(subcommand);
        }
    }

    private (string Name, Func<ICommandDefinition> Define)[] Definitions() =>
    [
        ("quickstart", () => new QuickstartCommand(terminal)),
        (TrainCommand.Name, () => new TrainCommand(terminal)),
        ("presets", () => new PresetsCommand(terminal)),
        ("config", () => new ConfigCommand(terminal)),
        ("average", () => new AverageCommand(terminal)),
        ("evaluate", () => new EvaluateCommand(terminal)),
        ("context", () => new ContextCommand(terminal)),
        ("compare", () => new CompareCommand(terminal)),
        ("generate", () => new GenerateCommand(terminal)),
        ("score", () => new ScoreCommand(terminal)),
        ("predict", () => new PredictCommand(terminal)),
        ("fill-mask", () => new FillMaskCommand(terminal)),
        ("embed", () => new EmbedCommand(terminal)),
        ("similar", () => new SimilarCommand(terminal)),
        ("rescore", () => new RescoreCommand(terminal)),
        ("watch", () => new WatchCommand(terminal)),
        ("serve", () => new ServeCommand(terminal)),
        ("attention", () => new AttentionCommand(terminal)),
        ("surprisal", () => new SurprisalCommand(terminal)),
        ("info", () => new InfoCommand(terminal)),
        ("report", () => new ReportCommand(terminal)),
        ("import", () => new ImportCommand(terminal)),
        ("export", () => new ExportCommand(terminal)),
        ("data", () => new DataCommand(terminal)),
        ("compress", () => new CompressCommand(terminal)),
        ("decompress", () => new DecompressCommand(terminal)),
        ("bench", () => new BenchCommand(terminal)),
        ("completion", () => new CompletionCommand(terminal)),
    ];

    private async Task<int> InvokeAsync(ParseResult result, IReadOnlyList<string> arguments, CancellationToken stop)
    {
        InvocationConfiguration configuration = new()
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        if (arguments.Count == 0)
        {
            return await CreateRoot().Parse(["--help"]).InvokeAsync(configuration, stop).ConfigureAwait(false);
        }

        if (arguments[0].StartsWith("[suggest", StringComparison.Ordinal))
        {
            Completions.Write(terminal.Out, result, arguments);
            return ExitCode.Ok;
        }

        // Help runs even if the command line has errors.
        if ((result.Errors.Count > 0 || UsageErrors.Misread(result).Count > 0 || UsageErrors.Empty(result).Count > 0 || UsageErrors.WithoutValue(result).Count > 0) && result.Action is not CommandHelpAction)
        {
            UsageErrors.Write(result, terminal.Error);
            return ExitCode.WrongUsage;
        }

        Command command = result.CommandResult.Command;
        if (command is not RootCommand && command.Name != TrainCommand.Name && result.Action is not CommandHelpAction && RankedRun.IsOneOfSeveral(terminal.Variable(RankedRun.SizeVariable)))
        {
            throw new InputException($"only 'txl {TrainCommand.Name}' divides its work among the processes that mpirun starts; start 'txl {command.Name}' without mpirun");
        }

        return await result.InvokeAsync(configuration, stop).ConfigureAwait(false);
    }

    private int Explain(Exception exception, ParseResult? result, bool debug, CancellationToken stop)
    {
        (int code, string message) = Failure.Of(exception, debug, stop);
        terminal.Error.WriteLine($"txl: {message}{(result is null ? "" : Hint(exception, result))}");
        if (debug)
        {
            terminal.Error.WriteLine(exception);
        }

        return code;
    }

    private string Hint(Exception exception, ParseResult result) =>
        OptionNames.Hint(exception, result.CommandResult.Command, new TrainCommand(terminal).Create());

    /// <summary>The exit code, considering that the output may not have been written.</summary>
    private int Finish(int code)
    {
        try
        {
            terminal.Out.Flush();
        }
        catch (OutputLostException)
        {
            // The output's state has recorded the failure.
        }

        terminal.Error.Flush();
        if (terminal.Output.Failure is not { } failure)
        {
            return code;
        }

        if (failure.ReaderIsGone)
        {
            return code != ExitCode.Ok || terminal.Output.IsSecondary ? code : ExitCode.ReaderGone;
        }

        terminal.Error.WriteLine($"txl: {failure.Message}");
        return code == ExitCode.Ok ? ExitCode.BadInput : code;
    }
}
