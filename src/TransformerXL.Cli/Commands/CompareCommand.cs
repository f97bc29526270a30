using System.CommandLine;
using Spectre.Console;
using TransformerXL.Analysis.Comparison;
using TransformerXL.Analysis.Context;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Data;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Training;
using TransformerXL.Training.Settings;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl compare</c>: the models of the paper on one text with the same budget.</summary>
internal sealed class CompareCommand(Terminal terminal) : ICommandDefinition
{
    private const int ContextSteps = 8;

    private readonly Option<string?> _out = NewOption.Text("--out", "DIR", "Folder of the runs and the report; finished runs in it are kept.");
    private readonly Option<string?> _models = NewOption.Text(
        "--models", "NAME,...", $"Models to compare. [default: {string.Join(",", ComparedModel.Customary.Select(model => model.Name))}]");

    private readonly Option<double?> _seconds = NewOption.Real<double>("--seconds", "Training time of each model in seconds. [default: --steps]", "a number above 0", value => value > 0);
    private readonly Option<int?> _most = NewOption.Whole("--most", "Longest context to measure in tokens. [default: 2 x (--target + --memory)]", 8, 1 << 20);
    private readonly Option<int?> _positions = NewOption.Whole("--positions", "Tokens to predict for each context length.", 1, 1 << 24, 512);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print a line of JSON for each model and nothing else.");
    private readonly RunOptions _run = new();
    private readonly SettingsOptions _settings = new();
    private readonly OpenOption _open = new();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("compare", "Train the paper's models on one text with equal parameters and budget, and write one report.")
        {
            _out, _models, _seconds, _most, _positions,
        };
        _settings.AddTo(command);
        _run.AddTo(command);
        _machine.AddTo(command);
        _open.AddTo(command);
        command.Add(_json);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_out) is null)
            {
                result.AddError("name a folder for the runs: --out DIR");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        string folder = result.GetValue(_out)!;
        ComparedModel[] models = [.. (result.GetValue(_models)?.Split(',', StringSplitOptions.TrimEntries) ?? [.. ComparedModel.Customary.Select(model => model.Name)]).Select(ComparedModel.Find)];
        RunSettings settings = _settings.Read(_run, result, null);
        _settings.RequireText(settings, result);
        settings = new NewRun(terminal).Check(settings, text: true);
        using Corpus corpus = new RunText(terminal).Prepare(settings.Configuration.Corpus!, folder, stop);
        ComparisonPlan plan = Plan(result, models, new NewRun(terminal).Configure(settings, corpus, null));
        ModelComparison comparison = new(plan, corpus, backend, folder, terminal.Clock);
        foreach (ComparedModel model in models)
        {
            if (!await TrainAsync(comparison, model, corpus, result.GetValue(_json), stop).ConfigureAwait(false))
            {
                terminal.Error.WriteLine("txl: stopped; the same command goes on");
                return ExitCode.Cancelled;
            }
        }

        Show(comparison, models, result, Path.Combine(folder, "comparison.html"), stop);
        return ExitCode.Ok;
    }

    private async Task<bool> TrainAsync(ModelComparison comparison, ComparedModel model, Corpus corpus, bool json, CancellationToken stop)
    {
        if (!json)
        {
            terminal.Error.WriteLine($"txl: {model.Title}");
        }

        return await comparison.OpenAsync(model, stop).ConfigureAwait(false) is not { } trainer
            || (await new TrainingRun(terminal).RunAsync(trainer, corpus, json, stop).ConfigureAwait(false)).Completed;
    }

    private void Show(ModelComparison comparison, ComparedModel[] models, ParseResult result, string page, CancellationToken stop)
    {
        List<ComparisonRow> rows = [];
        using (StatusLine status = new(terminal))
        {
            foreach (ComparedModel model in models)
            {
                status.Show($"evaluating {model.Name}");
                rows.Add(comparison.Evaluate(model, stop));
            }
        }

        ContextComparison contexts;
        using (StatusLine status = new(terminal))
        {
            contexts = comparison.Measure(rows, new ContextStatus(status, "contexts"), stop);
        }

        ComparisonReport.Write(rows, contexts, page);
        if (result.GetValue(_json))
        {
            JsonLines lines = new(terminal.Out);
            foreach ((ComparisonRow row, ContextFinding context) in rows.Zip(contexts.Models))
            {
                lines.Write(json => ComparisonScreen.WriteJson(json, row, context, contexts.Fractions));
            }
        }
        else
        {
            terminal.OutConsole.Write(ComparisonScreen.Render(rows, contexts));
            terminal.Out.WriteLine($"See: {page}");
        }

        terminal.Out.Flush();
        _open.Open(result, terminal, page);
    }

    private ComparisonPlan Plan(ParseResult result, ComparedModel[] models, RunConfiguration standard)
    {
        int most = result.GetValue(_most) ?? 2 * (standard.Context.TargetLength + standard.Context.MemoryLength);
        int delta = Math.Max(1, most / ContextSteps);
        return new ComparisonPlan
        {
            Standard = standard,
            Models = models,
            Seconds = result.GetValue(_seconds) ?? 0,
            Context = new ContextPlan { Start = delta, Delta = delta, Most = most, Positions = result.Get(_positions) },
        };
    }
}
