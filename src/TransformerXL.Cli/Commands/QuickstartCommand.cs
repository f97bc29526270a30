using System.CommandLine;
using System.Text;
using TransformerXL.Analysis.Reports;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Quickstart;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl quickstart</c>: trains a model that writes text in about a minute.</summary>
internal sealed class QuickstartCommand(Terminal terminal) : ICommandDefinition
{
    private const int SampleTokens = 400;
    private const string Indent = "  ";
    private const double SampleTemperature = 0.7;

    /// <summary>A training that takes this factor longer than planned, because the machine has become slower, is stopped early.</summary>
    private const double MaxDelay = 1.5;

    private readonly Option<string?> _task = NewOption.Text("--task", "NAME", "Learn from examples: classify, label or answer. [default: predict the next character of a text]");
    private readonly Option<double?> _seconds = NewOption.Real("--seconds", "Training time in seconds.", "from 1 to 1000000", value => value is >= 1 and <= 1e6, (double?)60);
    private readonly Option<string?> _data = NewOption.Text("--data", "PATH", "UTF-8 text file or folder. [default: the documentation of the .NET SDK]");
    private readonly Option<string?> _out = NewOption.Text("--out", "DIR", "Folder of the run. [default: runs/quickstart (-TASK), or the first free one with -N]");
    private readonly Option<ulong?> _seed = NewOption.Whole("--seed", "Random seed.", 0UL, ulong.MaxValue, (ulong?)1);
    private readonly OpenOption _open = new("Open the report of the run in the browser, where it refreshes itself during the training.");
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("quickstart", "Train a small model for a minute, measure it, and let it write. Needs no file and no network.")
        {
            _task, _seconds, _data, _out, _seed,
        };
        _machine.AddTo(command);
        _open.AddTo(command);
        command.Validators.Add(result =>
        {
            string? task = result.GetValue(_task);
            if (task is not null && !TaskQuickstart.Names.Contains(task))
            {
                result.AddError($"--task is '{task}', but must be one of: {string.Join(", ", TaskQuickstart.Names)}");
            }

            if (task is not null && result.GetValue(_data) is not null)
            {
                result.AddError($"--data is a text, and --task {task} learns from examples of the SDK's documentation; 'txl train --task {task} --data PATH --out DIR' learns from your own");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        string? task = result.GetValue(_task);
        string path = result.GetValue(_out) ?? FreeFolder(task);
        using RunLock held = RunLock.Take(path);
        if (task is not null)
        {
            MemoryCheck memory = new(terminal, _machine, result);
            return await new TaskQuickstart(terminal).RunAsync(task, path, result.Get(_seconds), result.Get(_seed), backend, held, (wanted, examples) => memory.Training(wanted, examples, "the quickstart"), trainer => Open(result, trainer), stop).ConfigureAwait(false);
        }

        RunConfiguration? stored = RequireOwn(path, result.GetValue(_data));
        CorpusOptions options = new QuickstartText(terminal).Prepare(result.GetValue(_data), path);
        using Corpus corpus = new RunText(terminal).Prepare(options, path, stop);
        double seconds = result.Get(_seconds);
        Require(path, stored, QuickstartPlan.ForCorpus(corpus, options, result.Get(_seed)));
        new MemoryCheck(terminal, _machine, result).Training(QuickstartPlan.ForCorpus(corpus, options, result.Get(_seed)), "the quickstart");
        RunConfiguration configuration = stored ?? Plan(corpus, options, backend, seconds, result.Get(_seed), stop);
        Trainer trainer = stored is null
            ? Trainer.Create(configuration, corpus, backend, path, terminal.Clock, held: held)
            : Trainer.Resume(path, corpus, backend, terminal.Clock, held: held);
        Open(result, trainer);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(seconds * MaxDelay), terminal.Clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        TrainingResult trained = await new TrainingRun(terminal).RunAsync(trainer, corpus, json: false, either.Token).ConfigureAwait(false);
        if (stop.IsCancellationRequested)
        {
            TrainingSummary.Write(terminal, path, trained, corpus, configuration);
            return ExitCode.Cancelled;
        }

        if (!trained.Completed)
        {
            string end = trained.State.Step < configuration.Training.Steps
                ? $"after {Figures.Count(trained.State.Step)} of {Figures.Count(configuration.Training.Steps, "step")}"
                : "in its last validation";
            terminal.Out.WriteLine($"The machine has become slower than it was at first: the training was ended {end}, so as not to let you wait.");
        }

        await ShowAsync(path, corpus, isDocumentation: result.GetValue(_data) is null, backend, result.Get(_seed), stop).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    /// <summary>Opens the report if requested.</summary>
    private void Open(ParseResult result, Trainer trainer)
    {
        if (_open.IsOn(result) && trainer.Run is { } run)
        {
            _open.Open(result, terminal, RunReport.Write(run, refresh: new PageRefresh(terminal.Clock.GetLocalNow(), ReportKeeper.RefreshSeconds)));
        }
    }

    /// <summary>The configuration of an interrupted quickstart in the folder, to resume it; null if nothing was saved there.</summary>
    /// <exception cref="InputException">The folder holds something else.</exception>
    private static RunConfiguration? RequireOwn(string path, string? data)
    {
        if (RunDirectory.Find(path) is not { HasSaved: true } run)
        {
            RunDirectory.RequireFree(path);
            return null;
        }

        RunConfiguration stored = run.ReadConfiguration();
        string text = data is null ? QuickstartText.PathIn(path) : Path.GetFullPath(data);
        return stored.Corpus?.Path == text ? stored : throw Other(path);
    }

    private static void Require(string path, RunConfiguration? stored, RunConfiguration wanted)
    {
        if (stored is not null && !QuickstartPlan.IsSame(stored, wanted))
        {
            throw Other(path);
        }
    }

    private static InputException Other(string path) => new($"'{path}' holds a run already, and not this quickstart; name another folder with --out");

    private RunConfiguration Plan(Corpus corpus, CorpusOptions options, CpuBackend backend, double seconds, ulong seed, CancellationToken stop)
    {
        RunConfiguration configuration = QuickstartPlan.ForCorpus(corpus, options, seed);
        double trial = Math.Clamp(seconds / 20, 0.3, 3);
        using StatusLine status = new(terminal);
        status.Show("finding out how fast this machine is");
        double secondsPerStep = StepTimer.Measure(configuration, backend, TimeSpan.FromSeconds(trial), terminal.Clock, stop);
        return QuickstartPlan.ForTime(configuration, Math.Max(seconds - trial, seconds / 2), secondsPerStep);
    }

    private async Task ShowAsync(string path, Corpus corpus, bool isDocumentation, CpuBackend backend, ulong seed, CancellationToken stop)
    {
        ModelFolder trained = ModelFolder.Load(path, cancellationToken: stop);
        terminal.Out.WriteLine();
        ShowBaselines(trained, corpus, backend, stop);
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("What it writes by itself:");
        terminal.Out.WriteLine();
        await WriteSampleAsync(trained, backend, seed, stop).ConfigureAwait(false);
        if (terminal.IsQuiet)
        {
            return;
        }

        terminal.Out.WriteLine();
        terminal.Out.WriteLine("To continue:");
        foreach (string command in NextCommands(path, isDocumentation))
        {
            Hint.Write(terminal, Indent, command);
        }

        terminal.Out.WriteLine("The second command shows what the model loses without its memory.");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine($"The curves of the training: {Path.Combine(path, RunReport.FileName)}");
    }

    private void ShowBaselines(ModelFolder trained, Corpus corpus, CpuBackend backend, CancellationToken stop)
    {
        TokenFile heldOut = corpus.Test.Count > 1 ? corpus.Test : throw new InputException($"'{corpus.Description}' is too short: no text is left to judge the model by");
        EvaluationResult evaluated;
        CompressionBaselines baselines;
        using (StatusLine status = new(terminal))
        {
            Evaluator evaluator = new(trained.Model, backend, trained.Vocabulary, terminal.Clock);
            evaluated = evaluator.Evaluate(heldOut, EvaluationOptions.ForTrained(trained.Configuration.Context), new EvaluationStatus(status, trained.Vocabulary.Unit), stop);
            status.Show("compressing the same text with gzip and brotli");
            baselines = CompressionBaselines.Measure(heldOut, trained.Vocabulary, stop);
        }

        terminal.OutConsole.Write(BaselineTable.Render(evaluated, baselines));
    }

    private async Task WriteSampleAsync(ModelFolder trained, CpuBackend backend, ulong seed, CancellationToken stop)
    {
        GenerationOptions options = GenerationOptions.ForTrained(trained.Configuration.Context) with
        {
            MaxTokens = SampleTokens,
            Seed = seed,
            StopsAtEndOfText = false,
            Sampling = new SamplingOptions { Temperature = SampleTemperature },
        };
        StringBuilder text = new();
        await foreach (string piece in new Generator(trained.Model, trained.Vocabulary, backend).GenerateAsync("", options, stop).ConfigureAwait(false))
        {
            text.Append(piece);
        }

        foreach (string line in ScreenText.Wrap(text.ToString(), terminal.OutConsole.Profile.Width - Indent.Length - 1, int.MaxValue))
        {
            terminal.Out.WriteLine(Indent + line);
        }
    }

    private static IEnumerable<string> NextCommands(string path, bool isDocumentation)
    {
        string run = ProgramCall.Quote(path);
        yield return $"generate {run} {(isDocumentation ? "\"Returns the\" " : "")}--tokens 600 --temperature 0.6";
        yield return $"evaluate {run} --memory 0";
        yield return $"info {run}";
    }

    private static string FreeFolder(string? task)
    {
        string first = Path.Combine("runs", task is null ? "quickstart" : $"quickstart-{task}");
        return Enumerable.Range(1, int.MaxValue).Select(number => number == 1 ? first : $"{first}-{number}").First(path => !Directory.Exists(path));
    }
}
