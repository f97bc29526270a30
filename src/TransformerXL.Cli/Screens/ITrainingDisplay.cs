using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows a training while it runs. Reports come from the thread that trains.</summary>
internal interface ITrainingDisplay : IProgress<TrainingReport>, IProgress<ValidationProgress>
{
    /// <summary>Shows the training until it has ended.</summary>
    /// <param name="training">The training, already begun.</param>
    /// <param name="stop">Tells that the user has asked to stop.</param>
    Task ShowAsync(Task training, CancellationToken stop);
}
