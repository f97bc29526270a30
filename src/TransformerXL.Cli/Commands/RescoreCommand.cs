using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training.Metrics;
using TransformerXL.Training.Rescoring;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl rescore</c>: reorders lists of hypotheses.</summary>
internal sealed class RescoreCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _file = new("FILE") { Description = "JSON lines {\"id\", \"hypotheses\": [{\"text\", \"score\"}], \"reference\"}; - reads standard input." };
    private readonly Option<string?> _valid = NewOption.Text("--valid", "FILE", "Lists with references, on which the weight with the fewest word errors is searched.");
    private readonly Option<double?> _weight = NewOption.Real<double>("--weight", "Weight of the model's log-probability in nats. [default: the best on --valid]", "from 0 on", value => value >= 0);
    private readonly Option<string?> _end = NewOption.Text("--end", "TEXT", "Text scored after each hypothesis; \\n is a line break.", "\\n");
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: from the run]", 0, 1 << 20);
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("rescore", "Order lists of hypotheses by their score plus that of the model, and print a line of JSON for each.");
        _run.AddTo(command);
        command.Add(_file);
        command.Add(_valid);
        command.Add(_weight);
        command.Add(_end);
        command.Add(_memory);
        command.Add(_precision);
        _machine.AddTo(command);
        command.Validators.Add(result =>
        {
            if ((result.GetResult(_valid) is null) == (result.GetResult(_weight) is null))
            {
                result.AddError("give one of --valid FILE, which finds the weight of the model, and --weight N");
            }

            if (result.GetValue(_valid) == InputFile.StandardInput)
            {
                result.AddError("--valid is '-', but must be a file: only the lists to order can come from standard input");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        using StatusLine status = new(terminal);
        ModelFolder trained = _run.Open(result, terminal, terminal.OutIsScreen ? null : status);
        UnusedOptions.RefuseOfModel(result, trained.Model.Configuration, _memory);
        ScoringOptions standard = ScoringOptions.ForTrained(trained.Configuration.Context);
        ScoringOptions options = standard with
        {
            MemoryLength = result.GetValue(_memory) ?? standard.MemoryLength,
            Precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend),
            OwnsModel = true,
        };
        new MemoryCheck(terminal, _machine, result).Session(trained.Model.Configuration, options.Session(), "this scoring", "--memory");
        Rescorer rescorer = new(new Scorer(trained.Model, trained.Vocabulary, backend), options) { End = Escapes.Resolve(result.GetValue(_end)!) };
        double weight = result.GetValue(_weight) ?? await FindWeightAsync(status, rescorer, result.GetValue(_valid)!, stop).ConfigureAwait(false);
        return await RescoreAsync(status, rescorer, result.GetRequiredValue(_file), weight, stop).ConfigureAwait(false);
    }

    private async Task<double> FindWeightAsync(StatusLine status, Rescorer rescorer, string path, CancellationToken stop)
    {
        List<RescoredList> lists = [];
        WorkProgress progress = new(status);
        foreach (HypothesisList list in HypothesisList.Read(path))
        {
            lists.Add(await rescorer.ScoreAsync(list, stop).ConfigureAwait(false));
            progress.Show("searching the weight", lists.Count, 0, "list");
        }

        status.Clear();
        if (lists.Count == 0)
        {
            throw new InputException($"'{path}' is empty; there is nothing to find a weight with");
        }

        RescoringWeight found = RescoringWeight.Find(lists);
        terminal.Notes.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"weight {found.Weight:G4}: word error rate {Percent(found.Errors, found.Words)} on {Figures.Count(lists.Count)} validation {(lists.Count == 1 ? "list" : "lists")}, {Percent(found.ErrorsBefore, found.Words)} without the model, {Percent(found.OracleErrors, found.Words)} at best"));
        return found.Weight;
    }

    private async Task<int> RescoreAsync(StatusLine status, Rescorer rescorer, string path, double weight, CancellationToken stop)
    {
        JsonLines lines = new(terminal.Out);
        (WordErrors before, WordErrors after) = (new(), new());
        long count = 0;
        bool measured = true;
        string name = InputFile.NameOf(path);
        foreach (HypothesisList list in path == InputFile.StandardInput ? HypothesisList.Read(InputFile.Open(path, terminal, null, stop), name) : HypothesisList.Read(path))
        {
            RescoredList scored = await rescorer.ScoreAsync(list, stop).ConfigureAwait(false);
            count++;
            RequireFinite(scored, weight, $"list {count} of '{name}'");
            lines.Write(json => Write(json, scored, weight));
            measured &= list.Reference is not null;
            before.Add(list.Reference ?? "", list.Hypotheses[scored.Best(0)].Text);
            after.Add(list.Reference ?? "", list.Hypotheses[scored.Best(weight)].Text);
        }

        status.Clear();
        if (count == 0)
        {
            terminal.Notes.WriteLine($"txl: '{name}' has no lists; nothing was ordered");
            return ExitCode.Ok;
        }

        string rates = measured ? $"; word error rate {Percent(after.Errors, after.Words)}, {Percent(before.Errors, before.Words)} without the model" : "";
        terminal.Notes.WriteLine($"{Figures.Count(count)} {(count == 1 ? "list" : "lists")}{rates}");
        return ExitCode.Ok;
    }

    private static void RequireFinite(RescoredList scored, double weight, string place)
    {
        for (int i = 0; i < scored.List.Hypotheses.Count; i++)
        {
            if (!double.IsFinite(scored.Total(i, weight)))
            {
                throw new InputException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{place}: the total of hypothesis {i + 1} is not finite: score {scored.List.Hypotheses[i].Score:G4} + weight {weight:G4} x log-probability {scored.ModelScores[i]:G4}; choose a smaller --weight"));
            }
        }
    }

    private static string Percent(long errors, long words) =>
        words == 0 ? "(no words)" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * errors / words:0.00} %");

    private static void Write(Utf8JsonWriter json, RescoredList scored, double weight)
    {
        json.WriteStartObject();
        JsonLines.WriteId(json, scored.List.Id, scored.List.HasNumberedId);
        json.WriteString("text", scored.List.Hypotheses[scored.Best(weight)].Text);
        json.WriteStartArray("hypotheses");
        foreach (int i in scored.Order(weight))
        {
            json.WriteStartObject();
            json.WriteString("text", scored.List.Hypotheses[i].Text);
            json.WriteNumber("score", scored.List.Hypotheses[i].Score);
            json.WriteNumber("log_probability", scored.ModelScores[i]);
            json.WriteNumber("total", scored.Total(i, weight));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
