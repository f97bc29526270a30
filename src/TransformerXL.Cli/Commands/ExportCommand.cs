using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Interchange;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl export</c>: a model for other programs.</summary>
internal sealed class ExportCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Option<string?> _out = NewOption.Text("--out", "DIR", "Folder to write.");
    private readonly Option<string> _format = NewOption.Choice("--format", "Layout", ["huggingface", "reference"], "huggingface");
    private readonly Option<bool> _force = NewOption.Flag("--force", "Replace an earlier export in that folder.");

    public Command Create()
    {
        Command command = new("export", "Export a model for other programs: safetensors, configuration, vocabulary.");
        _run.AddTo(command);
        command.Add(_out);
        command.Add(_format);
        command.Add(_force);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_out) is null)
            {
                result.AddError("name the folder to write: --out DIR");
            }
        });
        command.SetAction(Run);
        return command;
    }

    private Task<int> Run(ParseResult result, CancellationToken stop)
    {
        ModelFolder trained = _run.Load(result, terminal, stop, forTask: true);
        string to = result.GetValue(_out)!;
        ExportFormat format = result.GetRequiredValue(_format) == "reference" ? ExportFormat.Reference : ExportFormat.HuggingFace;
        IReadOnlyList<string> files;
        using (StatusLine status = new(terminal))
        {
            files = ModelExporter.Export(trained, to, format, result.GetValue(_force), new WeightStatus(status, "writing the weights"), stop);
        }

        terminal.Out.WriteLine($"{to}: {string.Join(", ", files)}");
        return Task.FromResult(ExitCode.Ok);
    }
}
