using TransformerXL.Models;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>Lets the task validate, and learns from the result: the best weights so far, the learning rate, whether it is time to end.</summary>
internal sealed class ValidationRound(Learner learner, RunSession session)
{
    /// <summary>Validates.</summary>
    /// <returns>The result; null if there is nothing to validate on, or the validation was cancelled, which leaves it due.</returns>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    public TaskValidationReport? Run(IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        TaskValidationReport? measured = Measure(progress, cancellationToken);
        if (learner.Collective.Any(measured is null) || measured is not { } validation)
        {
            learner.Validations.IsDue = learner.Task.CanValidate;
            return null;
        }

        if (!double.IsFinite(validation.Loss))
        {
            throw new TrainingDivergedException(FormattableString.Invariant(
                $"step {learner.StepsTaken}: the validation loss is {validation.Loss}; {session.LastGood()}. A lower learning rate or a longer warm-up may help"));
        }

        validation = validation with { IsBest = learner.Validations.IsBest(validation) };
        learner.Validations.Add(validation);
        learner.Schedule.Validated(learner.StepsTaken, validation.Loss);
        return validation;
    }

    private TaskValidationReport? Measure(IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            return learner.Task.CanValidate ? learner.Task.Validate(learner.StepsTaken, progress, cancellationToken) : null;
        }
        catch (ArithmeticException exception)
        {
            throw new TrainingDivergedException($"step {learner.StepsTaken}, validation: {exception.Message.Replace(WeightHealth.Advice, "", StringComparison.Ordinal)}; {session.LastGood()}. A lower learning rate or a longer warm-up may help");
        }
        catch (OperationCanceledException)
        {
            // Whoever stops the training wants its state saved, not its validation finished.
            return null;
        }
    }
}
