using System.Globalization;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>Adds the progress of validations to a display of plain lines.</summary>
/// <param name="line">The status line.</param>
/// <param name="display">The display of other reports.</param>
internal sealed class ValidationStatus(StatusLine line, ITrainingDisplay display) : ITrainingDisplay
{
    public static string Describe(ValidationProgress value) => value.WritesSample
        ? "writing a sample"
        : string.Create(CultureInfo.InvariantCulture, $"{(value.TotalTokens == 0 ? 0 : 100 * value.Tokens / value.TotalTokens)} %, {Figures.Time(value.Remaining)} left");

    public void Report(ValidationProgress value) => line.Show($"validation at step {value.Step}: {Describe(value)}");

    public void Report(TrainingReport value)
    {
        line.Clear();
        display.Report(value);
    }

    public Task ShowAsync(Task training, CancellationToken stop) => display.ShowAsync(training, stop);
}
