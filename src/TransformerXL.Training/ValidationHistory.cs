using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>The results of the validations of a training so far: the best, the last, and whether the training should end.</summary>
internal sealed class ValidationHistory
{
    /// <summary>The loss of the best validation in nats, if there was one.</summary>
    public double? BestLoss { get; private set; }

    /// <summary>The value that chose the best validation where that is not the loss.</summary>
    public double? BestMetric { get; private set; }

    /// <summary>The step of the best validation.</summary>
    public long? BestStep { get; private set; }

    /// <summary>The last loss in nats, if there was a validation.</summary>
    public double? LastLoss { get; private set; }

    /// <summary>Bytes for each token of the text of the last validation, if they are known.</summary>
    public double? BytesPerToken { get; private set; }

    /// <summary>Validations since the best.</summary>
    public int WithoutImprovement { get; private set; }

    /// <summary>Whether the last validation was stopped: a training that goes on makes up for it, so as to learn from it what it would have.</summary>
    public bool IsDue { get; set; }

    public void Restore(TrainingState state)
    {
        (BestLoss, BestMetric, BestStep, LastLoss) = (state.BestValidationLoss, state.BestMetric, state.BestStep, state.ValidationLoss);
        BytesPerToken = state.ValidationBytesPerToken;
        (WithoutImprovement, IsDue) = (state.ValidationsWithoutImprovement, state.ValidationIsDue);
    }

    /// <summary>Whether a validation is better than all before: by its metric and, between equal ones, by its loss.</summary>
    public bool IsBest(TaskValidationReport validation)
    {
        if (BestLoss is not { } loss)
        {
            return true;
        }

        double best = BestMetric ?? loss;
        return validation.Choosing.IsBetterThan(best) || (validation.Choosing.Value == best && validation.Loss < loss);
    }

    public void Add(TaskValidationReport validation)
    {
        Metric choosing = validation.Choosing;
        (LastLoss, BytesPerToken) = (validation.Loss, validation.BytesPerToken);
        IsDue = false;
        (BestLoss, BestMetric, BestStep, WithoutImprovement) = validation.IsBest
            ? (validation.Loss, choosing.Name == TaskValidationReport.LossName ? null : choosing.Value, validation.Step, 0)
            : (BestLoss, BestMetric, BestStep, WithoutImprovement + 1);
    }

    /// <summary>Whether the last validations, as many as the patience, brought no improvement; never for a patience of 0.</summary>
    public bool EndsEarly(int patience) => patience > 0 && WithoutImprovement >= patience;

    /// <summary>Tells that the training ends here.</summary>
    public EarlyStopReport EarlyStop(long step) => new() { Step = step, Validations = WithoutImprovement, BestLoss = BestLoss!.Value, BestStep = BestStep!.Value };
}
