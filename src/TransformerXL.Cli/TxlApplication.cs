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

        bool debug = arguments.Contains("--debug");
        int code;
        ParseResult? result = null;
        try
        {
            result = CreateRoot().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
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

    internal RootCommand CreateRoot()
    {
        RootCommand root = new(About) { _debug, _quiet };
        foreach (ICommandDefinition definition in Definitions())
        {
            root.Add(definition.Create());
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

    private ICommandDefinition[] Definitions() =>
    [
        new QuickstartCommand(terminal),
        new TrainCommand(terminal),
        new PresetsCommand(terminal),
        new ConfigCommand(terminal),
        new AverageCommand(terminal),
        new EvaluateCommand(terminal),
        new ContextCommand(terminal),
        new CompareCommand(terminal),
        new GenerateCommand(terminal),
        new ScoreCommand(terminal),
        new PredictCommand(terminal),
        new FillMaskCommand(terminal),
        new EmbedCommand(terminal),
        new SimilarCommand(terminal),
        new RescoreCommand(terminal),
        new WatchCommand(terminal),
        new ServeCommand(terminal),
        new AttentionCommand(terminal),
        new SurprisalCommand(terminal),
        new InfoCommand(terminal),
        new ReportCommand(terminal),
        new ImportCommand(terminal),
        new ExportCommand(terminal),
        new DataCommand(terminal),
        new CompressCommand(terminal),
        new DecompressCommand(terminal),
        new BenchCommand(terminal),
        new CompletionCommand(terminal),
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

        // Help and completion run even if the command line has errors.
        if (!arguments[0].StartsWith("[suggest", StringComparison.Ordinal) && (result.Errors.Count > 0 || UsageErrors.Misread(result).Count > 0 || UsageErrors.Empty(result).Count > 0) && result.Action is not CommandHelpAction)
        {
            UsageErrors.Write(result, terminal.Error);
            return ExitCode.WrongUsage;
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

    private static string Hint(Exception exception, ParseResult result)
    {
        Command train = result.RootCommandResult.Command.Subcommands.Single(command => command.Name == TrainCommand.Name);
        return OptionNames.Hint(exception, result.CommandResult.Command, train);
    }

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
