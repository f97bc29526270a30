using System.Globalization;
using TransformerXL.Training;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Screens;

/// <summary>Reports of a training as plain lines, for files and terminals that cannot rewrite.</summary>
internal static class TrainingLines
{
    public static string Step(StepReport step, string unit) => string.Create(
        CultureInfo.InvariantCulture,
        $"step {step.Step}/{step.Steps}  loss {Figures.Loss(step.Loss)}{Measure(step.Loss, unit, step.BytesPerToken)}  learning rate {Figures.Small(step.LearningRate)}  gradient norm {Figures.Small(step.GradientNorm)}  {Figures.Rate(step.TokensPerSecond)} tokens/s  {Figures.Rate(step.Gigaflops)} GFLOP/s  {Figures.Time(step.Remaining)} left");

    private static string Measure(double nats, string unit, double? bytesPerToken) => unit == LossText.NoUnit ? "" : "  " + LossText.Measure(nats, unit, bytesPerToken);

    public static string Validation(TaskValidationReport validation, string unit)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"validation at step {validation.Step}: loss {Figures.Loss(validation.Loss)}{(validation is TaskReport task ? "  " + LossText.Metrics(task) : Measure(validation.Loss, unit, validation.BytesPerToken))}{(validation.IsBest ? "  the best so far" : "")}");
        return validation.Sample.Length == 0
            ? line
            : line + Environment.NewLine + string.Join(Environment.NewLine, ScreenText.Printable(validation.Sample).Trim('\n').Split('\n').Select(text => "  | " + text));
    }
}
