namespace TransformerXL.Training.Schedules;

/// <summary>
/// Warm-up, then a rate that is multiplied by a factor when too many validations in a row have not improved: PyTorch's
/// ReduceLROnPlateau, the reference's <c>dev_perf</c>. A validation during the warm-up only sets the loss to improve on.
/// </summary>
internal sealed class PlateauSchedule(ScheduleOptions options) : WarmupSchedule(options)
{
    /// <summary>An improvement must be larger than this part of the best loss.</summary>
    private const double Threshold = 1e-4;

    /// <summary>A reduction smaller than this is not worth making.</summary>
    private const double MinReduction = 1e-8;

    private RateState? _state;

    public override RateState? State => _state;

    public override void Restore(RateState? state) => _state = state;

    public override void Validated(long optimizerStep, double loss)
    {
        if (_state is null || loss < _state.BestLoss * (1 - Threshold))
        {
            _state = (_state ?? new RateState { BestLoss = loss, ValidationsWithoutImprovement = 0 }) with { BestLoss = loss, ValidationsWithoutImprovement = 0 };
        }
        else if (Options.ReferenceQuirks || optimizerStep >= Options.WarmupSteps)
        {
            int without = _state.ValidationsWithoutImprovement + 1;
            _state = without > Options.PlateauPatience
                ? Reduced(_state, optimizerStep) with { ValidationsWithoutImprovement = 0 }
                : _state with { ValidationsWithoutImprovement = without };
        }
    }

    protected override double RateAfterWarmup(long done, long total) => _state?.Rate ?? Options.LearningRate;

    /// <summary>In the reference the next step of a warm-up undoes a reduction, and the last rate of the warm-up stays.</summary>
    protected override double ReferenceRateAt(long trainStep)
    {
        bool stays = trainStep >= Options.WarmupSteps && _state?.ReducedAfter >= Options.WarmupSteps - 1;
        return _state?.Rate is { } rate && (stays || trainStep == _state.ReducedAfter) ? rate : base.ReferenceRateAt(trainStep);
    }

    protected override double ReferenceRateAfterWarmup(long trainStep) => Options.WarmupSteps > 1
        ? Options.LearningRate * (Options.WarmupSteps - 1) / Options.WarmupSteps
        : Options.LearningRate;

    private RateState Reduced(RateState state, long step)
    {
        double present = RateAt(step + 1), reduced = Math.Max(present * Options.PlateauFactor, Options.MinimumRate);
        return present - reduced > MinReduction ? state with { Rate = reduced, ReducedAfter = step } : state;
    }
}
