using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows nothing of a training while it runs.</summary>
internal sealed class QuietTrainingDisplay : ITrainingDisplay
{
    public void Report(TrainingReport value)
    {
    }

    public void Report(ValidationProgress value)
    {
    }

    public Task ShowAsync(Task training, CancellationToken stop) => training;
}
