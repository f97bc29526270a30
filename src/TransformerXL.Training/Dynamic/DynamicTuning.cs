using System.Globalization;
using TransformerXL.Inference;
using TransformerXL.Text;

namespace TransformerXL.Training.Dynamic;

/// <summary>
/// Searches the learning rate, decay and epsilon of a rule that give the lowest loss on a text: one value after the other is multiplied and divided by a factor as long as
/// the loss falls by more than 0.03 %, first by large factors, then by small ones.
/// </summary>
/// <param name="evaluator">Of the model.</param>
/// <param name="tokens">The text, which should not be the one that the result is reported on.</param>
/// <param name="options">The context and the number of streams.</param>
/// <param name="statistics">Of the training text, for <see cref="DynamicRule.Rms"/>.</param>
public sealed class DynamicTuning(DynamicEvaluator evaluator, TokenFile tokens, EvaluationOptions options, GradientStatistics? statistics)
{
    /// <summary>The search ends after so many evaluations of the text.</summary>
    public const int MaxTrials = 24;

    /// <summary>Where a step lowers the loss by less than this part, the next one is not worth its time.</summary>
    private const double WorthwhileGain = 3e-4;

    private readonly List<DynamicTrial> _trials = [];
    private DynamicTrial? _best;

    /// <summary>The evaluations so far, in their order.</summary>
    public IReadOnlyList<DynamicTrial> Trials => _trials;

    /// <summary>Searches.</summary>
    /// <param name="start">The rule, and the values to begin with.</param>
    /// <param name="trialProgress">Is told each evaluation when it is over.</param>
    /// <param name="progress">Is told how far the evaluation of the text is.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The best trial.</returns>
    /// <exception cref="InputException">An option is not valid, or the text does not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">The loss is not finite with any value that was tried.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public DynamicTrial Search(
        DynamicOptions start, IProgress<DynamicTrial>? trialProgress = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(start);
        _trials.Clear();
        _best = null;
        double Try(DynamicOptions candidate) => Loss(candidate, trialProgress, progress, cancellationToken);
        Try(start);
        Climb(Try, 4, o => o.LearningRate, (o, value) => o with { LearningRate = value });
        Climb(Try, 4, o => o.Decay, (o, value) => o with { Decay = Math.Min(1, value) });
        if (start.Rule == DynamicRule.Rms)
        {
            Climb(Try, 8, o => o.Epsilon, (o, value) => o with { Epsilon = value });
        }

        Climb(Try, 2, o => o.LearningRate, (o, value) => o with { LearningRate = value });
        Climb(Try, 2, o => o.Decay, (o, value) => o with { Decay = Math.Min(1, value) });
        Climb(Try, Math.Sqrt(2), o => o.LearningRate, (o, value) => o with { LearningRate = value });
        return double.IsFinite(_best!.Loss)
            ? _best
            : throw new TrainingDivergedException(FormattableString.Invariant($"the loss is not finite with any of {_trials.Count} values; the smallest learning rate was {_trials.Min(trial => trial.Options.LearningRate):G3}"));
    }

    private void Climb(Func<DynamicOptions, double> tryOut, double factor, Func<DynamicOptions, double> get, Func<DynamicOptions, double, DynamicOptions> set)
    {
        // Where the first direction helped, the other one leads back.
        if (!Walk(factor))
        {
            Walk(1 / factor);
        }

        bool Walk(double step)
        {
            for (bool helped = false; ; helped = true)
            {
                DynamicTrial before = _best!;
                tryOut(set(before.Options, Round(get(before.Options) * step)));
                if (_best == before)
                {
                    return helped;
                }

                if (before.Loss - _best!.Loss < WorthwhileGain * before.Loss)
                {
                    return true;
                }
            }
        }
    }

    /// <returns>The loss, or positive infinity where no further evaluation is allowed.</returns>
    private double Loss(DynamicOptions candidate, IProgress<DynamicTrial>? trialProgress, IProgress<EvaluationProgress>? progress, CancellationToken cancellationToken)
    {
        if (_trials.FirstOrDefault(trial => trial.Options == candidate) is { } known)
        {
            return known.Loss;
        }

        if (_trials.Count == MaxTrials)
        {
            return double.PositiveInfinity;
        }

        double loss;
        try
        {
            loss = evaluator.Evaluate(tokens, options, candidate, statistics, progress, cancellationToken).MeanNll;
        }
        catch (TrainingDivergedException)
        {
            loss = double.PositiveInfinity;
        }

        DynamicTrial done = new(candidate, loss);
        _trials.Add(done);
        bool isFinite = _best is null || double.IsFinite(_best.Loss);
        _best = _best is null || loss < _best.Loss || (!isFinite && candidate.LearningRate < _best.Options.LearningRate) ? done : _best;
        trialProgress?.Report(done);
        return loss;
    }

    /// <summary>Three digits are enough, and easy to type.</summary>
    private static double Round(double value) => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
