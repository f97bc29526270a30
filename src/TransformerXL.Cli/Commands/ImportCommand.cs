using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Interchange;
using TransformerXL.Models;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl import</c>: a model folder from a model of another program.</summary>
internal sealed class ImportCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Argument<string> _from = new("FROM") { Description = "Folder or file of a model: Hugging Face, safetensors, or PyTorch." };
    private readonly Option<string?> _out = NewOption.Text("--out", "DIR", "Model folder to write.");
    private readonly ImportRunOptions _hints = new();

    public Command Create()
    {
        Command command = new("import", "Import a model of another program as a model folder. Nothing in its files is executed.") { _from, _out };
        _hints.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_out) is null)
            {
                result.AddError("name the folder to write: --out DIR");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        string from = result.GetRequiredValue(_from), to = result.GetValue(_out)!;
        ImportOptions options = _hints.Read(result);
        ImportedModel imported;
        using (StatusLine status = new(terminal))
        {
            imported = await Task.Run(() => ModelImporter.Import(from, to, options, new WeightStatus(status, "reading the weights"), stop), stop).ConfigureAwait(false);
        }

        ModelConfiguration model = imported.Configuration.Model;
        terminal.Out.WriteLine($"Weights:     {string.Join(", ", imported.WeightFiles)}");
        terminal.Out.WriteLine($"Vocabulary:  {imported.VocabularyFile} ({imported.Vocabulary.Kind}, {Figures.Count(imported.Vocabulary.Count)})");
        terminal.Out.WriteLine($"Model:       {model.Family.Name}, {Figures.Count(model.Layers, "layer")} of {model.ModelSize}, {Figures.Large(imported.Parameters)} parameters");
        if (imported.PaddingRows > 0)
        {
            terminal.Notes.WriteLine($"txl: the tables of the model have {Figures.Count(imported.PaddingRows, "row")} beyond the {Figures.Count(imported.Vocabulary.Count)} tokens of the vocabulary, as some programs fill them up to a multiple; they were left out");
        }

        if (imported.LeftOut.Count > 0)
        {
            terminal.Notes.WriteLine($"txl: {string.Join(", ", imported.LeftOut)} {(imported.LeftOut.Count == 1 ? "was" : "were")} not imported: models of this program have no such part");
        }

        WriteHints(imported.Configuration, ProgramCall.Quote(to));
        return ExitCode.Ok;
    }

    private void WriteHints(ModelFolderConfiguration configuration, string run)
    {
        if (configuration.Head is not null)
        {
            Hint.Write(terminal, "Use it:      ", $"predict {run} FILE");
        }
        else if (configuration.Embedding is not null || configuration.Model is EncoderConfiguration { PredictsMaskedTokens: false })
        {
            Hint.Write(terminal, "Use it:      ", $"embed {run} FILE");
        }
        else
        {
            Hint.Write(terminal, "Measure it:  ", $"evaluate {run} --data TEXT");
            Hint.Write(terminal, "Train it on: ", $"train --init {run} --data TEXT --out RUN");
        }
    }
}
