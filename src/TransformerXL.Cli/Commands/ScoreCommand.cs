using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl score</c>: how well a model predicts each token of a file.</summary>
internal sealed class ScoreCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _file = new("FILE") { Description = "UTF-8 text; - reads standard input." };
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: from the run]", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", "Maximum relative distance in tokens; 0 for no limit. [default: the longest of training]", 0, 1 << 20);
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("score", "Print a line of JSON for each token of a file: position, token, nll in nats, and bits.");
        _run.AddTo(command);
        command.Add(_file);
        command.Add(_memory);
        command.Add(_clamp);
        command.Add(_precision);
        _machine.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        TrainedModel trained = _run.Load(result, terminal);
        string path = result.GetRequiredValue(_file);
        using Stream text = path == "-" ? terminal.OpenInput() : InputFile.Open(path);
        ScoringOptions standard = ScoringOptions.ForTrained(trained.Configuration.Context);
        ScoringOptions options = standard with
        {
            MemoryLength = result.GetValue(_memory) ?? standard.MemoryLength,
            ClampLength = result.GetValue(_clamp) ?? standard.ClampLength,
            Precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend),
        };
        long begin = terminal.Clock.GetTimestamp();
        IAsyncEnumerable<TokenScore> scores = new Scorer(trained.Model, trained.Vocabulary, backend).ScoreAsync(text, options, stop);
        (long count, double sum) = await InputFile.NamingAsync(path, () => WriteAsync(scores)).ConfigureAwait(false);
        terminal.Out.Flush();
        if (count == 0)
        {
            throw new InputException($"'{path}' is empty; there is nothing to score");
        }

        double seconds = terminal.Clock.GetElapsedTime(begin).TotalSeconds, mean = sum / count;
        string unit = trained.Vocabulary.Unit;
        terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Figures.Count(count)} {unit}s: {mean:0.0000} nats and {mean / Math.Log(2):0.0000} bits per {unit}, perplexity {Math.Exp(mean):0.000}; {Figures.Rate(count / Math.Max(seconds, 1e-9))} tokens/s"));
        return ExitCode.Ok;
    }

    private async Task<(long Count, double Sum)> WriteAsync(IAsyncEnumerable<TokenScore> scores)
    {
        JsonLines lines = new(terminal.Out, flush: false);
        long count = 0;
        double sum = 0;
        await foreach (TokenScore score in scores.ConfigureAwait(false))
        {
            lines.Write(json => Write(json, score));
            count++;
            sum += score.Nll;
        }

        return (count, sum);
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, TokenScore score)
    {
        json.WriteStartObject();
        json.WriteNumber("position", score.Position);
        json.WriteString("token", score.Text);
        json.WriteNumber("id", score.Id);
        json.WriteNumber("nll", score.Nll);
        json.WriteNumber("bits", score.Bits);
        json.WriteEndObject();
    }
}
