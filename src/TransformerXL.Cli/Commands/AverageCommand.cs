using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl average</c>: the mean of the weights of kept checkpoints.</summary>
internal sealed class AverageCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Argument<string> _run = new("RUN") { Description = "Folder of a run trained with --keep-every." };
    private readonly Option<int?> _last = NewOption.Whole("--last", "Number of kept checkpoints to average, the newest.", 1, 1 << 20, 5);

    public Command Create()
    {
        Command command = new("average", "Average the weights of a run's kept checkpoints, for --checkpoint average.") { _run, _last };
        command.SetAction(Run);
        return command;
    }

    private Task<int> Run(ParseResult result, CancellationToken stop)
    {
        string path = result.GetRequiredValue(_run);
        IReadOnlyList<KeptCheckpoint> averaged = CheckpointAverage.Write(path, result.Get(_last), stop);
        string steps = string.Join(", ", averaged.Select(checkpoint => Figures.Count(checkpoint.Step)));
        terminal.Out.WriteLine($"Averaged the weights of {Figures.Count(averaged.Count, "checkpoint")}, of {(averaged.Count == 1 ? "step" : "steps")} {steps}");
        Hint.Write(terminal, "Evaluate:  ", $"evaluate {ProgramCall.Quote(path)} --checkpoint average");
        return Task.FromResult(ExitCode.Ok);
    }
}
