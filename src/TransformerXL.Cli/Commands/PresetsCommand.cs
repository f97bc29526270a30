using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training.Presets;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl presets</c>: the models and recipes that <c>train</c> knows by name.</summary>
internal sealed class PresetsCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print a line of JSON for each preset.");

    public Command Create()
    {
        Command command = new("presets", "List the presets of 'train --preset': models and recipes, with the memory that training needs.") { _json };
        command.SetAction(List);
        return command;
    }

    private int List(ParseResult result)
    {
        if (result.GetValue(_json))
        {
            JsonLines lines = new(terminal.Out);
            foreach (Preset preset in Preset.All)
            {
                lines.Write(json => PresetTable.WriteJson(json, preset));
            }

            return ExitCode.Ok;
        }

        terminal.OutConsole.Write(PresetTable.Render());
        foreach (Preset preset in Preset.All)
        {
            terminal.Out.WriteLine($"  {preset.Name}: {preset.Summary}");
        }

        terminal.Out.WriteLine();
        terminal.Out.WriteLine($"L/M: tokens of a segment and of the memory. 'memory' is the estimated need of the training for the whole batch at once, on the text that a preset is meant for; --batch-chunks divides what grows with the batch. '{terminal.Program} train --preset NAME --print-config' shows every value.");
        return ExitCode.Ok;
    }
}
