using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Dynamic;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Commands;

/// <summary>Dynamic evaluation of a trained model: loads or gathers what the rule needs, finds values where that is asked for, and reads the text.</summary>
/// <param name="terminal">Shows how far it is.</param>
/// <param name="options">The options.</param>
/// <param name="result">The command line.</param>
/// <param name="trained">The model.</param>
/// <param name="backend">What computes.</param>
internal sealed class DynamicRun(Terminal terminal, DynamicRunOptions options, ParseResult result, ModelFolder trained, CpuBackend backend) : IDisposable
{
    private readonly DynamicFiles _files = new(trained.Path, trained.Model);
    private Corpus? _opened;

    /// <summary>Reads a text with weights that follow it.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="own">The text of the run, if it is open.</param>
    /// <param name="tokens">What to read.</param>
    /// <param name="evaluation">How.</param>
    /// <param name="stop">The user's wish to stop.</param>
    public DynamicOutcome Evaluate(DynamicRule rule, Corpus? own, TokenFile tokens, EvaluationOptions evaluation, CancellationToken stop)
    {
        GradientStatistics? statistics = Statistics(rule, own, evaluation, stop);
        DynamicEvaluator evaluator = new(trained.Model, backend, trained.Vocabulary, terminal.Clock);
        TunedRule? tuned = options.Tunes(result) ? Tune(rule, own, evaluator, evaluation, statistics, stop) : Found(rule, evaluation);
        DynamicOptions values = options.Values(result, tuned?.Options ?? DynamicOptions.For(rule));
        using StatusLine status = new(terminal);
        EvaluationResult read = evaluator.Evaluate(tokens, evaluation, values, statistics, new EvaluationStatus(status, trained.Vocabulary.Unit, "evaluating and learning"), stop);
        return new DynamicOutcome(read, values, statistics, values == tuned?.Options ? tuned : null);
    }

    /// <summary>A copy of the model that is to follow a text, with values that were found before, or the customary ones.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="context">The lengths.</param>
    /// <param name="stop">The user's wish to stop.</param>
    public TextFollower Follow(DynamicRule rule, ContextConfiguration context, CancellationToken stop)
    {
        (DynamicOptions values, GradientStatistics? statistics) = Known(rule, context, stop);
        return new TextFollower(trained.Model, trained.Vocabulary, backend, context, values, statistics);
    }

    /// <summary>Copies of the model of which each is to follow what its session reads, with the same values.</summary>
    /// <inheritdoc cref="Follow" path="/param"/>
    public DynamicSessionLearning Sessions(DynamicRule rule, ContextConfiguration context, CancellationToken stop)
    {
        (DynamicOptions values, GradientStatistics? statistics) = Known(rule, context, stop);
        return new DynamicSessionLearning(trained.Model, backend, context, values, statistics);
    }

    /// <summary>Compares what the steps need with the memory of the machine.</summary>
    /// <param name="check">Compares.</param>
    /// <param name="context">The lengths.</param>
    /// <param name="streams">Streams that are read side by side.</param>
    /// <param name="what">The name of the work in a message.</param>
    /// <exception cref="InputException">More memory is needed than there is.</exception>
    public void CheckMemory(MemoryCheck check, ContextConfiguration context, int streams, string what) => check.Training(
        new RunConfiguration { Model = trained.Model.Configuration, Context = context, Training = new TrainingConfiguration { BatchSize = streams, ValidateEvery = -1 } }, what);

    public void Dispose() => _opened?.Dispose();

    private (DynamicOptions Values, GradientStatistics? Statistics) Known(DynamicRule rule, ContextConfiguration context, CancellationToken stop)
    {
        EvaluationOptions evaluation = new() { Context = context };
        GradientStatistics? statistics = Statistics(rule, null, evaluation, stop);
        return (options.Values(result, Found(rule, evaluation)?.Options ?? DynamicOptions.For(rule)), statistics);
    }

    /// <summary>What a search has found for these weights.</summary>
    private TunedRule? Found(DynamicRule rule, EvaluationOptions evaluation)
    {
        TunedRule? tuned = _files.FindTuned(rule);
        if (tuned is not null && (tuned.TargetLength != evaluation.Context.TargetLength || tuned.BatchSize != evaluation.BatchSize))
        {
            terminal.Notes.WriteLine($"txl: the values in {_files.SettingsPath} were found with segments of {tuned.TargetLength} and {Figures.Count(tuned.BatchSize, "stream")}; 'evaluate --tune' finds them for {evaluation.Context.TargetLength} and {evaluation.BatchSize}");
        }

        return tuned;
    }

    /// <summary>Those in the folder if they belong to these weights, else new ones; null for a rule that needs none.</summary>
    private GradientStatistics? Statistics(DynamicRule rule, Corpus? own, EvaluationOptions evaluation, CancellationToken stop)
    {
        if (rule != DynamicRule.Rms)
        {
            return null;
        }

        ContextConfiguration context = evaluation.Context;
        long max = options.StatisticsTokens(result);
        try
        {
            if (_files.LoadStatistics(context, max) is { } kept)
            {
                return kept;
            }
        }
        catch (InputException exception)
        {
            terminal.Notes.WriteLine($"txl: {exception.Message}; the statistics are gathered again");
        }

        TokenFile training = OwnText(own, "the training text", "the statistics of gradients that rms divides by; sgd and adam need none", stop).Train;
        GradientStatistics statistics;
        using (StatusLine status = new(terminal))
        {
            statistics = GradientStatistics.Gather(
                trained.Model, backend, training, evaluation.ContextFor(training) with { TargetLength = context.TargetLength }, max, terminal.Clock, new EvaluationStatus(status, trained.Vocabulary.Unit, "gathering statistics on the training text"), stop);
        }

        Keep(_files.StatisticsPath, () => _files.SaveStatistics(statistics, context, max));
        return statistics;
    }

    private TunedRule Tune(DynamicRule rule, Corpus? own, DynamicEvaluator evaluator, EvaluationOptions evaluation, GradientStatistics? statistics, CancellationToken stop)
    {
        TokenFile validation = OwnText(own, "the validation text", "the search for values", stop).Validation;
        if (validation.Count < 2)
        {
            throw new InputException($"{trained.Path} has no validation text, on which --tune finds the values; name them with --lr and --decay");
        }

        TokenFile tokens = NextTokenValidation.Beginning(validation, trained.Vocabulary, options.TuneTokens(result));
        EvaluationResult before;
        using StatusLine status = new(terminal);
        before = new Evaluator(trained.Model, backend, trained.Vocabulary, terminal.Clock).Evaluate(tokens, evaluation, new EvaluationStatus(status, trained.Vocabulary.Unit, "evaluating the validation text"), stop);
        DynamicTuning tuning = new(evaluator, tokens, evaluation, statistics);
        TrialStatus trials = new(terminal, status, trained.Vocabulary.Unit, before);
        DynamicTrial best = tuning.Search(DynamicOptions.For(rule), trials, trials, stop);
        TunedRule tuned = new()
        {
            Options = best.Options,
            TargetLength = evaluation.Context.TargetLength,
            BatchSize = evaluation.BatchSize,
            Tokens = before.Tokens,
            Loss = best.Loss,
            StaticLoss = before.MeanNll,
        };
        Keep(_files.SettingsPath, () => _files.SaveTuned(tuned));
        return tuned;
    }

    /// <summary>The text of the run, which is opened where another text is evaluated.</summary>
    private Corpus OwnText(Corpus? own, string part, string purpose, CancellationToken stop)
    {
        if ((own ?? _opened) is { } open)
        {
            return open;
        }

        try
        {
            return _opened = new RunText(terminal, textOption: null).Reopen(trained.Path, stop);
        }
        catch (InputException exception)
        {
            throw new InputException($"{part} is needed for {purpose}: {exception.Message}", exception);
        }
    }

    /// <summary>A folder that cannot be written to costs time at the next call, not this result.</summary>
    private void Keep(string path, Action save)
    {
        try
        {
            save();
        }
        catch (Exception exception) when (exception is InputException or IOException or UnauthorizedAccessException)
        {
            terminal.Notes.WriteLine($"txl: {path} is not kept: {FileFault.Reason(exception)}");
        }
    }
}
