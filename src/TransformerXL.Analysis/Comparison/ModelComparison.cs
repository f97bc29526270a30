using TransformerXL.Analysis.Context;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Comparison;

/// <summary>
/// Trains the models of a plan on one text, each in an ordinary run folder of its own, evaluates each with the
/// lengths that suit it best, and measures how much context it uses: the analogue of tables 6, 8 and 10 of Dai et al.
/// 2019 on the user's own text. Finished trainings are not repeated.
/// </summary>
public sealed class ModelComparison
{
    /// <summary>Maximum share of the seconds for the speed measurement, and the share reserved for validations and checkpoints.</summary>
    private const double Measuring = 0.05, Overhead = 0.08;

    // In which the code of a model is compiled, which would count as time of its steps.
    private const double WarmUpSeconds = 2;

    private readonly ComparisonPlan _plan;
    private readonly Corpus _corpus;
    private readonly Backend _backend;
    private readonly string _folder;
    private readonly TimeProvider _clock;

    /// <summary>Prepares a comparison.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="corpus">The corpus, with validation and test text.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="folder">The folder of the runs.</param>
    /// <param name="clock">The clock; that of the system if null.</param>
    /// <exception cref="InputException">The plan is not valid, or the text lacks a split.</exception>
    public ModelComparison(ComparisonPlan plan, Corpus corpus, Backend backend, string folder, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(corpus);
        plan.Validate();
        Require.That(corpus.Validation.Count > 1, "a comparison needs text to validate on: the best lengths are found with it");
        Require.That(corpus.Test.Count > plan.Context.Maximum, $"the test text has {Counted.Of(corpus.Test.Count, "token")}, but contexts of up to {plan.Context.Maximum} are to be measured on it", [new("maximum")]);
        (_plan, _corpus, _backend, _folder, _clock) = (plan, corpus, backend, folder, clock ?? TimeProvider.System);
    }

    /// <summary>The unit of the vocabulary.</summary>
    public string Unit => _corpus.Vocabulary.Unit;

    /// <summary>The conditions of the comparison.</summary>
    public ComparisonSetting Setting => new(
        _corpus.Description, _plan.Standard, _plan.Seeds, MachineDescription.Of(_backend), UnigramBaseline.Entropy(_corpus.Train))
    {
        IsTimed = _plan.Seconds > 0,
    };

    /// <summary>The run folder of a model; the name includes the seed for further seeds.</summary>
    /// <param name="model">The model.</param>
    /// <param name="repetition">Which of its trainings, from 0.</param>
    public string FolderOf(ComparedModel model, int repetition = 0) =>
        Path.Combine(_folder, repetition == 0 ? model.Name : $"{model.Name}-seed-{_plan.Standard.Training.Seed + (ulong)repetition}");

    /// <summary>The training of a model, new or resumed; null if it is finished.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stop">Cancels the measurement of the speed.</param>
    /// <param name="repetition">Which of its trainings, from 0.</param>
    /// <exception cref="InputException">The folder holds a run of another plan, or no size of the model comes near enough.</exception>
    public async Task<Trainer?> OpenAsync(ComparedModel model, CancellationToken stop, int repetition = 0)
    {
        RunConfiguration wanted = _plan.ConfigurationOf(model, repetition);
        string path = FolderOf(model, repetition);
        if (RunDirectory.Find(path) is not { HasSaved: true } run)
        {
            return Trainer.Create(await WithStepsAsync(wanted, model, repetition, stop).ConfigureAwait(false), _corpus, _backend, path, _clock);
        }

        RunConfiguration stored = run.ReadConfiguration();
        RequireSame(stored, wanted, path);
        Trainer trainer = Trainer.Resume(path, _corpus, _backend, _clock);
        bool finished = trainer.State.Step >= stored.Training.Steps || trainer.HasEndedEarly;
        return finished && !trainer.State.ValidationIsDue ? null : trainer;
    }

    /// <summary>The result of the finished trainings of a model: that of the first seed, with the test losses of all seeds.</summary>
    /// <param name="model">The model.</param>
    /// <param name="progress">Called with the progress of each evaluation: first those that choose the lengths, then that of the test text.</param>
    /// <param name="stop">Cancels the evaluation.</param>
    /// <exception cref="InputException">The run is not there, or damaged.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public ComparisonRow Evaluate(ComparedModel model, IProgress<EvaluationProgress>? progress, CancellationToken stop)
    {
        ComparisonRow[] repetitions = [.. Enumerable.Range(0, _plan.Seeds).Select(repetition => EvaluateOne(model, FolderOf(model, repetition), progress, stop))];
        return repetitions[0] with { TestLosses = [.. repetitions.Select(row => row.Test.MeanNll)] };
    }

    private ComparisonRow EvaluateOne(ComparedModel model, string folder, IProgress<EvaluationProgress>? progress, CancellationToken stop)
    {
        ModelFolder trained = ModelFolder.Load(folder, cancellationToken: stop);
        ContextConfiguration reading = ContextSearch.Find(trained.Model, trained.Vocabulary, trained.Configuration.Context, _corpus.Validation, _backend, progress, stop);
        EvaluationResult test = ContextSearch.Evaluate(trained.Model, trained.Vocabulary, _corpus.Test, reading, _backend, progress, stop);
        RunDirectory run = RunDirectory.Open(folder);
        return new ComparisonRow(model, run.ReadConfiguration(), folder, Checkpoint.ReadState(run.LastCheckpoint), reading, test);
    }

    /// <summary>Measures how much context the models use, all in one group.</summary>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public ContextComparison Measure(IReadOnlyList<ComparisonRow> rows, IProgress<ContextProgress>? progress, CancellationToken stop)
    {
        List<LossTable> losses = [];
        foreach (ComparisonRow row in rows)
        {
            ModelFolder trained = ModelFolder.Load(row.Run, cancellationToken: stop);
            ContextMeasurement measurement = new(row.Model.Name, trained.Model, trained.Configuration.Context, _backend, _clock);
            losses.Add(measurement.Measure(_corpus.Test, _plan.Context, progress, stop));
        }

        return ContextComparison.Of("test text", _corpus.Vocabulary.Unit, _plan.Fractions, losses);
    }

    /// <summary>Sets the number of steps that fit in the seconds, if the budget is a time: measured with some steps of the first training of a model, the same for all of its seeds.</summary>
    private async Task<RunConfiguration> WithStepsAsync(RunConfiguration wanted, ComparedModel model, int repetition, CancellationToken stop)
    {
        if (_plan.Seconds == 0)
        {
            return wanted;
        }

        if (repetition > 0 && RunDirectory.Find(FolderOf(model)) is { HasSaved: true } first)
        {
            return WithStepsOf(wanted, first.ReadConfiguration());
        }

        RunConfiguration probe = wanted with { Training = wanted.Training with { Steps = int.MaxValue, ValidateEvery = 0, CheckpointEvery = int.MaxValue, ReportEvery = int.MaxValue, SampleTokens = 0 } };
        _ = await ProbeAsync(probe, WarmUpSeconds, stop).ConfigureAwait(false);
        TrainingResult result = await ProbeAsync(probe, _plan.Seconds * Measuring, stop).ConfigureAwait(false);
        double perStep = result.State.Seconds / Math.Max(1, result.State.Step);
        long steps = Math.Max(10, (long)(_plan.Seconds * (1 - Measuring - Overhead) / Math.Max(1e-9, perStep)));
        return wanted with
        {
            Training = wanted.Training with { Steps = steps, WarmupSteps = Math.Min(wanted.Training.WarmupSteps, steps / 10), ValidateEvery = Math.Max(1, (steps + 3) / 4) },
        };
    }

    /// <summary>Trains for some time; nothing is written.</summary>
    private async Task<TrainingResult> ProbeAsync(RunConfiguration probe, double seconds, CancellationToken stop)
    {
        Trainer trainer = Trainer.Create(probe, _corpus, _backend, null, _clock);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        enough.CancelAfter(TimeSpan.FromSeconds(seconds));
        TrainingResult result = await trainer.RunAsync(null, enough.Token).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        return result;
    }

    /// <summary>A configuration with the steps of another training of the same model.</summary>
    private static RunConfiguration WithStepsOf(RunConfiguration wanted, RunConfiguration other) => wanted with
    {
        Training = wanted.Training with { Steps = other.Training.Steps, WarmupSteps = other.Training.WarmupSteps, ValidateEvery = other.Training.ValidateEvery },
    };

    /// <summary>Runs of earlier versions store 0 for sizes with default values.</summary>
    private static RunConfiguration Comparable(RunConfiguration configuration) => configuration with { Corpus = null, Model = configuration.Model.Resolve() };

    private void RequireSame(RunConfiguration stored, RunConfiguration wanted, string path)
    {
        RunConfiguration comparable = _plan.Seconds == 0 ? wanted : WithStepsOf(wanted, stored);
        Require.That(
            RunFiles.AreSame(Comparable(stored), Comparable(comparable)),
            $"{path} was trained for a comparison with other options; choose another folder, or use the same options");
    }
}
