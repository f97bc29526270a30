using System.CommandLine;
using TransformerXL.Analysis.Reports;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl report</c>: writes the page of a run, or one page about several, from their metrics.</summary>
internal sealed class ReportCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Argument<string[]> _runs = new("RUN") { Description = "Folder of a run; several give one page with their curves in the same chart.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _out = NewOption.Text("--out", "FILE", $"File to write. [default: {RunReport.FileName} in the run; {RunsReport.FileName} for several runs]");
    private readonly OpenOption _open = new();

    public Command Create()
    {
        Command command = new("report", "Write the page of a run, or one page over several runs: curves, samples, configuration.") { _runs, _out };
        _open.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string[] paths = result.GetRequiredValue(_runs);
        bool several = paths.Length > 1;
        string page = result.GetValue(_out) ?? (several ? RunsReport.FileName : Path.Combine(paths[0], RunReport.FileName));
        RunDirectory[] runs = [.. paths.Select(RunDirectory.Open)];
        ExistingFiles.RequirePage(page);
        if (several)
        {
            RunsReport.Write(runs, page);
        }
        else
        {
            RunReport.Write(runs[0], page);
        }

        terminal.Out.WriteLine(page);
        terminal.Out.Flush();
        _open.Open(result, terminal, page);
        return ExitCode.Ok;
    }
}
