using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>A checkpoint of a run.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="State">The state of the training.</param>
/// <param name="Parameters">Number of trained values.</param>
/// <param name="Bytes">Bytes of its files.</param>
internal sealed record RunCheckpoint(string Path, TrainingState State, long Parameters, long Bytes)
{
    /// <summary>Reads a checkpoint; null if there is none.</summary>
    /// <exception cref="InputException">A file is damaged, or the weights are not those of the model.</exception>
    public static RunCheckpoint? Read(string folder, ModelConfiguration model)
    {
        if (!Checkpoint.Exists(folder))
        {
            return null;
        }

        string file = Checkpoint.WeightsFile(folder);
        return new RunCheckpoint(folder, Checkpoint.ReadState(folder), ModelWeights.RequireFit(file, model), FolderSize.Of(System.IO.Path.GetDirectoryName(file)!));
    }
}
