using TransformerXL.Training;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Screens;

/// <summary>Prints a plain line every second at first, later less often, so that the log of a long training stays short.</summary>
internal sealed class LineTrainingDisplay(TextWriter writer, string unit, TimeProvider clock) : ITrainingDisplay
{
    private static readonly TimeSpan Minimum = TimeSpan.FromSeconds(1), Maximum = TimeSpan.FromMinutes(1);
    private readonly long _begin = clock.GetTimestamp();
    private TimeSpan _next;

    public void Report(TrainingReport value)
    {
        TimeSpan now = clock.GetElapsedTime(_begin);
        if (value is StepReport step && (now >= _next || step.Step == step.Steps))
        {
            Write(TrainingLines.Step(step, unit));
            TimeSpan pause = now / 60;
            _next = now + (pause < Minimum ? Minimum : pause > Maximum ? Maximum : pause);
        }
        else if (value is TaskValidationReport validation)
        {
            Write(TrainingLines.Validation(validation, unit));
        }
    }

    public void Report(ValidationProgress value)
    {
    }

    public Task ShowAsync(Task training, CancellationToken stop) => training;

    private void Write(string line)
    {
        writer.WriteLine(line);
        writer.Flush();
    }
}
