using TransformerXL.Models;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Training;

/// <summary>Accumulates the values of <see cref="StepReport"/>s. Time for validations and checkpoints does not count in rates.</summary>
internal sealed class TrainingMeter(RunConfiguration configuration, TimeProvider clock)
{
    private double _secondsBefore;
    private long _runningSince;
    private double _lossSum;
    private int _lossCount;
    private long _lossTokens;
    private long? _lossBytes = 0;
    private long _tokensAtReport;
    private double _secondsAtReport;
    private long _firstStep;
    private double _firstSeconds;

    private long _pausedSince;
    private double _validationSeconds;
    private bool _running;

    /// <summary>Seconds of training so far, over all resumptions.</summary>
    public double Seconds => _secondsBefore + (_running ? clock.GetElapsedTime(_runningSince).TotalSeconds : 0);

    /// <summary>The steps since the last report; null if there are none.</summary>
    public UnreportedSteps? Unreported => _lossCount == 0 ? null : new UnreportedSteps { Steps = _lossCount, LossSum = _lossSum, Tokens = _lossTokens, Bytes = _lossBytes };

    /// <summary>Takes up the time of an earlier part of the training, and its steps that no report has counted.</summary>
    public void Restore(double seconds, UnreportedSteps? unreported)
    {
        _secondsBefore = seconds;
        (_lossCount, _lossSum, _lossTokens, _lossBytes) = unreported is { } steps ? (steps.Steps, steps.LossSum, steps.Tokens, steps.Bytes) : (0, 0, 0, 0);
    }

    public void Start(long step, long tokensSeen)
    {
        _tokensAtReport = tokensSeen;
        _secondsAtReport = _firstSeconds = _secondsBefore;
        _firstStep = step;
        Continue();
    }

    public void Pause() => (_secondsBefore, _running, _pausedSince) = (Seconds, false, clock.GetTimestamp());

    public void Continue() => (_runningSince, _running) = (clock.GetTimestamp(), true);

    /// <summary>Continues after a validation, whose duration the time left counts for those to come.</summary>
    public void ContinueAfterValidation()
    {
        _validationSeconds = clock.GetElapsedTime(_pausedSince).TotalSeconds;
        Continue();
    }

    /// <summary>Counts the tokens that the loss of the next step is of, and their bytes; null where those are not known.</summary>
    public void Count(int tokens, long? bytes) => (_lossTokens, _lossBytes) = (_lossTokens + tokens, _lossBytes + bytes);

    /// <summary>Takes a step; a report if one is due.</summary>
    public StepReport? Add(long step, long tokensSeen, int epoch, double loss, double norm, double rate)
    {
        _lossSum += loss;
        _lossCount++;
        TrainingConfiguration training = configuration.Training;
        return step % training.ReportEvery == 0 || step == training.Steps ? Report(step, tokensSeen, epoch, norm, rate) : null;
    }

    private StepReport Report(long step, long tokensSeen, int epoch, double norm, double rate)
    {
        ContextConfiguration context = configuration.Context;
        double seconds = Seconds, span = Math.Max(seconds - _secondsAtReport, 1e-9);
        double tokensPerSecond = (tokensSeen - _tokensAtReport) / span;
        int rows = context.TargetLength + context.ExtendedLength, streams = configuration.Training.BatchSize;
        double perToken = new MemorySchedule(context, configuration.Training).MeanOperations(Counted(configuration), rows, streams) / ((double)context.TargetLength * streams);
        double secondsPerStep = (seconds - _firstSeconds) / Math.Max(1, step - _firstStep);
        StepReport report = new()
        {
            Step = step,
            Steps = configuration.Training.Steps,
            Epoch = epoch,
            TokensSeen = tokensSeen,
            Loss = _lossSum / _lossCount,
            IsPerToken = configuration.Task is null,
            BytesPerToken = _lossTokens > 0 ? (double?)_lossBytes / _lossTokens : null,
            LearningRate = rate,
            GradientNorm = norm,
            TokensPerSecond = tokensPerSecond,
            Gigaflops = tokensPerSecond * perToken / 1e9,
            Elapsed = TimeSpan.FromSeconds(seconds),
            Remaining = TimeSpan.FromSeconds((secondsPerStep * (configuration.Training.Steps - step)) + (_validationSeconds * ValidationsAfter(step))),
        };
        (_lossSum, _lossCount, _lossTokens, _lossBytes) = (0, 0, 0, 0);
        (_tokensAtReport, _secondsAtReport) = (tokensSeen, seconds);
        return report;
    }

    /// <summary>The model with the columns of what is computed after its layers: a head instead of the softmax over the vocabulary.</summary>
    private static ModelConfiguration Counted(RunConfiguration configuration) => configuration is { Head: { } head, Task.LanguageModelWeight: 0 }
        ? configuration.Model with { VocabularySize = head.Outputs, Cutoffs = [], EmbeddingDivisor = 1 }
        : configuration.Model;

    /// <summary>The number of validations after later steps: at the interval, and always after the last step. A validation directly after this step reports its own progress.</summary>
    private long ValidationsAfter(long step)
    {
        (long steps, long every) = (configuration.Training.Steps, configuration.Training.ValidateEvery);
        return step >= steps ? 0 : every == 0 ? 1 : (steps / every) - (step / every) + (steps % every == 0 ? 0 : 1);
    }
}
