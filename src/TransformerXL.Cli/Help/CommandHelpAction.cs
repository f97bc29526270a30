using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Help;

/// <summary>The action of <c>--help</c>.</summary>
internal sealed class CommandHelpAction(Terminal terminal) : SynchronousCommandLineAction
{
    /// <summary>Help is shown even if the command line has errors.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        CommandResult result = parseResult.CommandResult;
        List<Option> options = [.. result.Command.Options];
        for (CommandResult? parent = result.Parent as CommandResult; parent is not null; parent = parent.Parent as CommandResult)
        {
            options.AddRange(parent.Command.Options.Where(option => option.Recursive));
        }

        new HelpWriter(terminal.Out, terminal.OutIsScreen ? terminal.OutConsole.Profile.Width : null).Write(result.Command, Path(result), options);
        return ExitCode.Ok;
    }

    private static string Path(CommandResult result) => result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}".TrimStart() : "";
}
