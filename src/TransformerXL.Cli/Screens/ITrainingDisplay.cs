using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows a training while it runs. Reports come from the thread that trains.</summary>
internal interface ITrainingDisplay : IProgress<TrainingReport>, IProgress<ValidationProgress>
{
    /// <summary>Shows the training until it ends.</summary>
    /// <param name="training">The started training.</param>
    /// <param name="stop">Cancelled when the user stops the training.</param>
    Task ShowAsync(Task training, CancellationToken stop);
}
