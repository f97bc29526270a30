using System.CommandLine;
using System.CommandLine.Parsing;
using Spectre.Console;
using TransformerXL.Analysis.Comparison;
using TransformerXL.Analysis.Context;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
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
    private readonly Option<int?> _seeds = NewOption.Whole("--seeds", "Trainings of each model, with --seed and the seeds after it.", 1, 100, 1);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print lines of JSON only: the reports of the trainings, then a line for each model.");
    private readonly RunOptions _run = new();
    private readonly SettingsOptions _settings = new();
    private readonly OpenOption _open = new();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("compare", "Train the paper's models on one text with equal parameters and budget, and write one report.")
        {
            _out, _models, _seconds, _seeds, _most, _positions,
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

            if (result.GetResult(_seconds) is not null && result.GetResult("--steps") is OptionResult { Implicit: false })
            {
                result.AddError("--seconds and --steps both say how long a training is; give one of them");
            }

            try
            {
                _ = result.GetResult(_models) is { Tokens: [.., { Value: string names }] } ? Models(names) : [];
            }
            catch (InputException unknown)
            {
                result.AddError(unknown.Message);
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        string folder = result.GetValue(_out)!;
        ComparedModel[] models = result.GetValue(_models) is { } names ? Models(names) : [.. ComparedModel.Customary];
        RunSettings settings = _settings.Read(_run, result, null);
        _settings.RequireText(settings, result);
        settings = new NewRun(terminal).Check(settings, text: true);
        new MemoryCheck(terminal, _machine, result).TrainingBeforeText(settings.Configuration);
        TransformerXL.Require.That(RunDirectory.Find(folder) is null, $"'{folder}' is the folder of a run; name another one with --out");
        // The configuration also marks the folder as one without text for later trainings on a parent folder.
        using RunLock held = RunLock.Take(folder);
        using Corpus corpus = new RunText(terminal).Prepare(settings.Configuration.Corpus!, folder, stop);
        ComparisonPlan plan = Plan(result, models, new NewRun(terminal).Configure(settings, corpus, null));
        MemoryCheck memory = new(terminal, _machine, result);
        foreach (ComparedModel model in models)
        {
            memory.Training(plan.ConfigurationOf(model), $"the training of {model.Name}");
        }

        ModelComparison comparison = new(plan, corpus, backend, folder, terminal.Clock);
        foreach ((ComparedModel model, int repetition) in models.SelectMany(model => Enumerable.Range(0, plan.Seeds).Select(repetition => (model, repetition))))
        {
            if (!await TrainAsync(comparison, model, repetition, corpus, result.GetValue(_json), stop).ConfigureAwait(false))
            {
                terminal.Error.WriteLine("txl: stopped; the same command continues");
                return ExitCode.Cancelled;
            }
        }

        Show(comparison, models, result, Path.Combine(folder, "comparison.html"), stop);
        return ExitCode.Ok;
    }

    private async Task<bool> TrainAsync(ModelComparison comparison, ComparedModel model, int repetition, Corpus corpus, bool json, CancellationToken stop)
    {
        if (!json)
        {
            terminal.Notes.WriteLine($"txl: {model.Title}{(repetition == 0 ? "" : $", repetition {repetition} with another seed")}");
        }

        try
        {
            return await comparison.OpenAsync(model, stop, repetition).ConfigureAwait(false) is not { } trainer
                || (await new TrainingRun(terminal).RunAsync(trainer, corpus, json, stop).ConfigureAwait(false)).Completed;
        }
        catch (TrainingDivergedException exception)
        {
            throw new TrainingDivergedException($"{model.Name}: {exception.Message}");
        }
    }

    private void Show(ModelComparison comparison, ComparedModel[] models, ParseResult result, string page, CancellationToken stop)
    {
        List<ComparisonRow> rows = [];
        using (StatusLine status = new(terminal))
        {
            foreach (ComparedModel model in models)
            {
                rows.Add(comparison.Evaluate(model, new EvaluationStatus(status, comparison.Unit, $"evaluating {model.Name}"), stop));
            }
        }

        ContextComparison contexts;
        using (StatusLine status = new(terminal))
        {
            contexts = comparison.Measure(rows, new ContextStatus(status, "contexts"), stop);
        }

        ComparisonSetting setting = comparison.Setting;
        IReadOnlyList<string> findings = ComparisonBudget.Findings(rows, setting);
        ComparisonReport.Write(rows, contexts, setting, page);
        if (result.GetValue(_json))
        {
            JsonLines lines = new(terminal.Out);
            foreach ((ComparisonRow row, ContextFinding context) in rows.Zip(contexts.Models))
            {
                lines.Write(json => ComparisonScreen.WriteJson(json, row, context, contexts.Fractions, setting, findings.Count > 0));
            }
        }
        else
        {
            terminal.OutConsole.Write(ComparisonScreen.Render(rows, contexts));
            terminal.OutConsole.Write(ComparisonScreen.RenderLosses(rows));
            foreach (string line in ComparisonScreen.Describe(setting))
            {
                terminal.Out.WriteLine(line);
            }

            terminal.Out.WriteLine($"See:      {page}");
        }

        foreach (string finding in findings)
        {
            terminal.Notes.WriteLine($"txl: warning: the budget was too small to judge by. {finding} --steps or --seconds trains longer");
        }

        terminal.Out.Flush();
        _open.Open(result, terminal, page);
    }

    private static ComparedModel[] Models(string names) => [.. names.Split(',', StringSplitOptions.TrimEntries).Select(ComparedModel.Find)];

    private ComparisonPlan Plan(ParseResult result, ComparedModel[] models, RunConfiguration standard)
    {
        int max = result.GetValue(_most) ?? 2 * (standard.Context.TargetLength + standard.Context.MemoryLength);
        int delta = Math.Max(1, max / ContextSteps);
        return new ComparisonPlan
        {
            Standard = standard,
            Models = models,
            Seconds = result.GetValue(_seconds) ?? 0,
            Seeds = result.Get(_seeds),
            Context = new ContextPlan { Start = delta, Delta = delta, Maximum = max, Positions = result.Get(_positions) },
        };
    }
}
