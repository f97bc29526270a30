using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl info</c>: shows the contents of the folder of a run or a model.</summary>
internal sealed class InfoCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Argument<string> _run = new("RUN") { Description = "Folder of a run ('txl train', 'txl quickstart') or of a model ('txl import')." };
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON.");

    public Command Create()
    {
        Command command = new("info", "Show what a run or a model folder holds: model, state of the training, text, checkpoints, sizes.") { _run, _json };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        RunInfo info = RunInfo.Read(result.GetRequiredValue(_run));
        if (result.GetValue(_json))
        {
            new JsonLines(terminal.Out).Write(json => InfoScreen.WriteJson(json, info));
        }
        else
        {
            terminal.OutConsole.Write(InfoScreen.Render(info));
        }

        return ExitCode.Ok;
    }
}
