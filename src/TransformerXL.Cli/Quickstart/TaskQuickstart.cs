using System.Globalization;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Quickstart;

/// <summary>A quickstart of a task: examples from the documentation of the SDK, a small model, its metrics and those of baselines, and some predictions.</summary>
internal sealed class TaskQuickstart(Terminal terminal)
{
    private const int Shown = 5;

    /// <summary>The folder of the examples in that of the run.</summary>
    private const string Examples = "examples";

    /// <summary>A training that takes this factor longer than planned, because the machine has become slower, is stopped early.</summary>
    private const double MaxDelay = 1.5;

    /// <summary>The names of the tasks.</summary>
    public static readonly string[] Names = ["classify", "label", "answer"];

    /// <summary>Trains a model and shows the results.</summary>
    /// <param name="name">The task.</param>
    /// <param name="path">The folder of the run.</param>
    /// <param name="seconds">Time for the training.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="held">The lock of the folder.</param>
    /// <param name="check">Checks the memory that a training on examples needs.</param>
    /// <param name="begun">Called with the training before it begins.</param>
    /// <param name="stop">Cancelled when the user stops the command.</param>
    public async Task<int> RunAsync(string name, string path, double seconds, ulong seed, CpuBackend backend, RunLock held, Action<RunConfiguration, TaskExamples> check, Action<Trainer> begun, CancellationToken stop)
    {
        TaskKind kind = name switch { "classify" => TaskKind.Classify, "label" => TaskKind.Label, _ => TaskKind.Answer };
        string folder = Path.Combine(Path.GetFullPath(path), Examples);
        RunConfiguration before = TaskQuickstartPlan.Before(kind, folder, seed);
        RunConfiguration? stored = StoredOf(path, before);
        Prepare(kind, folder);
        RunTask runTask = new(terminal);
        TaskExamples examples = stored is null ? runTask.Load(before, stop) : runTask.Reopen(path, moved: null, stop);
        runTask.Describe(examples);
        RunConfiguration configuration = stored ?? TaskQuickstartPlan.For(before, examples);
        check(configuration, examples);
        if (stored is null)
        {
            configuration = await PlanAsync(configuration, examples, backend, seconds, stop).ConfigureAwait(false);
        }

        Trainer trainer = stored is null
            ? Trainer.Create(configuration, wanted => examples.CreateTask(wanted, backend), backend, path, terminal.Clock, held: held)
            : Trainer.Resume(path, wanted => examples.CreateTask(wanted, backend), backend, terminal.Clock, held: held);
        begun(trainer);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(seconds * MaxDelay), terminal.Clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        TrainingResult trained = await new TrainingRun(terminal).RunAsync(trainer, TrainingScreenState.Begin(trainer, examples), json: false, either.Token).ConfigureAwait(false);
        if (stop.IsCancellationRequested)
        {
            TrainingSummary.WriteTask(terminal, path, trained, examples);
            return ExitCode.Cancelled;
        }

        Show(path, kind, backend, runTask, stop);
        return ExitCode.Ok;
    }

    /// <summary>The configuration of the same quickstart interrupted in the folder; null if nothing was saved there.</summary>
    /// <exception cref="InputException">The folder holds something else.</exception>
    private static RunConfiguration? StoredOf(string path, RunConfiguration before)
    {
        if (RunDirectory.Find(path) is not { HasSaved: true } run)
        {
            RunDirectory.RequireFree(path);
            return null;
        }

        RunConfiguration stored = run.ReadConfiguration();
        RunConfiguration wanted = before with { Model = before.Model with { VocabularySize = stored.Model.VocabularySize }, Head = stored.Head };
        return QuickstartPlan.IsSame(stored, wanted) ? stored : throw new InputException($"'{path}' holds a run already, and not this quickstart; name another folder with --out");
    }

    /// <summary>Writes the examples into the folder of the run, unless they exist.</summary>
    private void Prepare(TaskKind kind, string folder)
    {
        if (ExampleFiles.FindSplits(folder) is { Validation: not null, Test: not null })
        {
            return;
        }

        SdkDocumentation documentation = SdkDocumentation.Find(SdkDocumentation.Candidates(terminal.Variable("DOTNET_ROOT"), terminal.Variable("PATH")));
        using StatusLine status = new(terminal);
        status.Show($"reading {documentation.Folder}");
        SdkExamples examples = new(documentation);
        switch (kind)
        {
            case TaskKind.Classify:
                examples.WriteClassification(folder);
                break;
            case TaskKind.Label:
                examples.WriteLabels(folder);
                break;
            default:
                examples.WriteQuestions(folder);
                break;
        }
    }

    /// <summary>Measures the speed of this machine with some steps, which are discarded.</summary>
    private async Task<RunConfiguration> PlanAsync(RunConfiguration configuration, TaskExamples examples, CpuBackend backend, double seconds, CancellationToken stop)
    {
        using StatusLine status = new(terminal);
        status.Show("finding out how fast this machine is");
        double trial = Math.Clamp(seconds / 12, 0.5, 5);
        RunConfiguration tried = configuration with { Training = configuration.Training with { Steps = 1_000_000, ValidateEvery = 0, CheckpointEvery = 1_000_000, ReportEvery = 1 } };
        StepTimes times = new(terminal.Clock);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(trial), terminal.Clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        await Trainer.Create(tried, wanted => examples.CreateTask(wanted, backend), backend, clock: terminal.Clock).RunAsync(times, cancellationToken: either.Token).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        return TaskQuickstartPlan.ForTime(configuration, Math.Max(seconds - trial, seconds / 2), times.Median(trial));
    }

    private void Show(string path, TaskKind kind, CpuBackend backend, RunTask runTask, CancellationToken stop)
    {
        ModelFolder trained = ModelFolder.Load(path, cancellationToken: stop);
        terminal.Out.WriteLine();
        terminal.OutConsole.Write(TaskScreen.Render(trained, "held out", runTask.Evaluate(trained, backend, SplitPart.Test, null, inOrder: false, stop)));
        terminal.Out.WriteLine();
        string test = ExampleFiles.FindSplits(Path.Combine(path, Examples))!.Test!;
        foreach (string line in kind switch
        {
            TaskKind.Classify => Classified(new Classifier(trained, backend), test),
            TaskKind.Label => Labelled(new Labeller(trained, backend), test),
            _ => Answered(new Answerer(trained, backend), test),
        })
        {
            terminal.Out.WriteLine(line);
        }

        if (!terminal.IsQuiet)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine("To continue:");
            Hint.Write(terminal, "  ", $"predict {ProgramCall.Quote(path)} {ProgramCall.Quote(test)}");
            Hint.Write(terminal, "  ", $"evaluate {ProgramCall.Quote(path)}");
            terminal.Out.WriteLine();
        }
    }

    private static IEnumerable<string> Classified(Classifier classifier, string test)
    {
        foreach (TextExample example in Some(ExampleFiles.OpenTexts(test, new ExampleOptions())))
        {
            LabelProbability best = classifier.Classify(example.Text).Probabilities.MaxBy(label => label.Probability);
            yield return string.Create(CultureInfo.InvariantCulture, $"  {best.Label} ({best.Probability:0.00}; it is {example.Labels[0]}): {example.Text}");
        }
    }

    private static IEnumerable<string> Labelled(Labeller labeller, string test)
    {
        foreach (SentenceExample example in Some(ExampleFiles.OpenSentences(test, new ExampleOptions())))
        {
            IReadOnlyList<WordLabel> words = labeller.Label(string.Join(' ', example.Words)).Words;
            yield return "  " + string.Join(' ', words.Select(word => word.Label == "O" ? word.Word : $"[{word.Word} {word.Label}]"));
        }
    }

    private static IEnumerable<string> Answered(Answerer answerer, string test)
    {
        foreach (QuestionExample example in Some(ExampleFiles.OpenQuestions(test, new ExampleOptions())))
        {
            Answer answer = answerer.Answer(example.Question, example.Context);
            yield return $"  {example.Question} {answer.Text}{(answer.Text == example.Answers[0].Text ? "" : $" (it is: {example.Answers[0].Text})")}";
        }
    }

    /// <summary>A few examples from different parts of a file.</summary>
    private static IEnumerable<T> Some<T>(ExampleSource<T> examples) where T : Example
    {
        const int Apart = 37;
        return examples.Where((_, i) => i % Apart == 0).Take(Shown);
    }

    /// <summary>Times of single steps.</summary>
    private sealed class StepTimes(TimeProvider clock) : IProgress<TrainingReport>
    {
        private readonly List<double> _seconds = [];
        private long _last = clock.GetTimestamp();

        public void Report(TrainingReport value)
        {
            if (value is StepReport)
            {
                long now = clock.GetTimestamp();
                _seconds.Add(clock.GetElapsedTime(_last, now).TotalSeconds);
                _last = now;
            }
        }

        /// <summary>The median of the second half, when the code is compiled; the whole time if there was no step.</summary>
        public double Median(double all)
        {
            double[] later = [.. _seconds.Skip(_seconds.Count / 2).Order()];
            return later.Length == 0 ? all : Math.Max(later[later.Length / 2], 1e-6);
        }
    }
}
