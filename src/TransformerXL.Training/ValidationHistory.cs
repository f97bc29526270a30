namespace TransformerXL.Training;

/// <summary>What the validations of a training have said so far: the best, the last, and whether it is time to end.</summary>
internal sealed class ValidationHistory
{
    /// <summary>The lowest loss in nats, if there was a validation.</summary>
    public double? BestLoss { get; private set; }

    /// <summary>The step of the lowest loss.</summary>
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
        (BestLoss, BestStep, LastLoss) = (state.BestValidationLoss, state.BestStep, state.ValidationLoss);
        BytesPerToken = state.ValidationBytesPerToken;
        (WithoutImprovement, IsDue) = (state.ValidationsWithoutImprovement, state.ValidationIsDue);
    }

    public void Add(ValidationReport validation)
    {
        (LastLoss, BytesPerToken) = (validation.Loss, validation.BytesPerToken);
        IsDue = false;
        (BestLoss, BestStep, WithoutImprovement) = validation.IsBest
            ? (validation.Loss, validation.Step, 0)
            : (BestLoss, BestStep, WithoutImprovement + 1);
    }

    /// <summary>Whether so many validations in a row were no improvement; never for a patience of 0.</summary>
    public bool EndsEarly(int patience) => patience > 0 && WithoutImprovement >= patience;

    /// <summary>Tells that the training ends here.</summary>
    public EarlyStopReport EarlyStop(long step) => new() { Step = step, Validations = WithoutImprovement, BestLoss = BestLoss!.Value, BestStep = BestStep!.Value };
}
