using System.CommandLine;
using TransformerXL.Analysis.Reports;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Terminals;
using TransformerXL.Formats;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl report</c>: the page of a run, made anew from its metrics.</summary>
internal sealed class ReportCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Argument<string> _run = new("RUN") { Description = "Folder of a run, as 'txl train' or 'txl quickstart' made it." };
    private readonly Option<string?> _out = NewOption.Text("--out", "FILE", "File to write. [default: report.html in the folder of the run]");

    public Command Create()
    {
        Command command = new("report", "Write the page of a run, a single file for a browser: curves, samples, configuration, machine. A training does so by itself; this is for one that was killed.") { _run, _out };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string path = result.GetRequiredValue(_run);
        ExistingFiles.RequirePage(result.GetValue(_out) ?? Path.Combine(path, RunReport.FileName));
        RunReport.Write(RunDirectory.Open(path), result.GetValue(_out));
        terminal.Out.WriteLine(result.GetValue(_out) ?? Path.Combine(path, RunReport.FileName));
        return ExitCode.Ok;
    }
}
