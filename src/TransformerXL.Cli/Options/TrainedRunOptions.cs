using System.CommandLine;
using TransformerXL.Heads;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Options;

/// <summary>The model of a command: that of a run or of a model folder.</summary>
internal sealed class TrainedRunOptions
{
    private readonly Argument<string> _run = new("RUN") { Description = "Folder of a run ('txl train', 'txl quickstart') or of a model ('txl import')." };
    private readonly Option<string?> _checkpoint = NewOption.Text("--checkpoint", "NAME", "Weights of a run to load: best, last, average or step-N. [default: best, otherwise last]");

    public void AddTo(Command command)
    {
        command.Add(_run);
        command.Add(_checkpoint);
    }

    /// <summary>The folder.</summary>
    public string Path(ParseResult result) => result.GetRequiredValue(_run);

    /// <summary>Refuses a model with a head, for a command that needs a language model.</summary>
    /// <exception cref="InputException">The model has a head.</exception>
    public static void RequireLanguageModel(string path, HeadConfiguration? head, Command command)
    {
        if (head is not null)
        {
            throw new InputException($"'{path}' is a model that predicts {TaskFolders.Words(head.Kind)}, and '{command.Name}' needs a language model; 'txl predict {path} FILE' uses it");
        }
    }

    /// <summary>Loads the model, with a note if it has the last weights because no validation has chosen the best.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="terminal">Shows the progress of reading.</param>
    /// <param name="stop">Cancelled when the user stops the command.</param>
    /// <param name="forTask">Whether the command supports a model with a head.</param>
    /// <exception cref="InputException">There is none, its files are damaged, or it has a head and the command needs a language model.</exception>
    public ModelFolder Load(ParseResult result, Terminal terminal, CancellationToken stop, bool forTask = false)
    {
        using StatusLine status = new(terminal);
        return Checked(result, terminal, ModelFolder.Load(Path(result), result.GetValue(_checkpoint), Progress(status), stop), forTask);
    }

    /// <summary>The same for a command whose session owns the model: each weight is read at its first use (<see cref="ModelFolder.Open"/>).</summary>
    /// <param name="result">The command line.</param>
    /// <param name="terminal">Receives the note.</param>
    /// <param name="status">Shows the progress of reading, as long as the model is used; null where lines of the output come between.</param>
    /// <param name="forTask">Whether the command supports a model with a head.</param>
    /// <exception cref="InputException">As for <see cref="Load"/>.</exception>
    public ModelFolder Open(ParseResult result, Terminal terminal, StatusLine? status, bool forTask = false) =>
        Checked(result, terminal, ModelFolder.Open(Path(result), result.GetValue(_checkpoint), status is null ? null : Progress(status)), forTask);

    private static WeightStatus Progress(StatusLine status) => new(status, "reading the weights");

    private ModelFolder Checked(ParseResult result, Terminal terminal, ModelFolder trained, bool forTask)
    {
        if (!forTask)
        {
            RequireLanguageModel(Path(result), trained.Head?.Configuration, result.CommandResult.Command);
        }

        if (result.GetValue(_checkpoint) is null && trained is { Checkpoint: "last", Step: { } step })
        {
            terminal.Notes.WriteLine($"txl: no validation has chosen best weights in {Path(result)}; these are the last, of step {Figures.Count(step)}");
        }

        return trained;
    }
}
