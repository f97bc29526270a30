using TransformerXL.Files;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training;

/// <summary>Erases the files of a run, and nothing that is not of a run.</summary>
internal static class RunErasure
{
    /// <summary>
    /// Erases everything but the configuration, which the new run replaces, so that the folder is known as that of a run all the
    /// while, the lock, and the text as tokens, which is found by what it was made from.
    /// </summary>
    public static void Erase(RunDirectory run)
    {
        string checkpoints = Path.Combine(run.Path, RunCheckpoints.FolderName);
        foreach (string folder in Directory.Exists(checkpoints) ? Directory.GetDirectories(checkpoints) : [])
        {
            Checkpoint.Erase(folder);
        }

        foreach (string file in Directory.GetFiles(run.Path))
        {
            string name = Path.GetFileName(file);
            if (name is RunFolders.Vocabulary or RunFolders.Metrics or RunFolders.Report or RunFolders.DynamicStatistics or RunFolders.DynamicSettings or RunFolders.LabelOrder || RunFolders.IsEventFile(name))
            {
                File.Delete(file);
            }
        }
    }
}
