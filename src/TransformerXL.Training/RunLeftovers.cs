using TransformerXL.Files;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training;

/// <summary>Tidies the folder of a run after a process that was killed in it. Only what such a process leaves is touched.</summary>
internal static class RunLeftovers
{
    private const string UnfinishedTokens = ".tokens.*.tmp";

    /// <summary>Removes temporary files and half checkpoints, and puts a checkpoint back that was about to give way to a newer one.</summary>
    /// <param name="held">The lock of the run, so that no other process is at work there.</param>
    public static void Remove(RunLock held)
    {
        AtomicFile.RemoveAllStale(held.Path, held.FileName);
        bool averages = RunLock.IsHeldForAverage(held.Path);
        Each(Path.Combine(held.Path, RunCheckpoints.FolderName), folder =>
        {
            // Checkpoints are averaged under a separate lock, possibly during a training.
            if (!averages || !Path.GetFileName(folder).StartsWith(RunCheckpoints.AverageName, StringComparison.Ordinal))
            {
                Checkpoint.Tidy(folder, held.FileName);
            }
        });
        AtomicFile.RemoveAllStale(Path.Combine(held.Path, RunFolders.Tokens), held.FileName);
        Each(Path.Combine(held.Path, RunFolders.Tokens), folder => TidyTokens(folder, held.FileName));
    }

    private static void Each(string parent, Action<string> tidy) => BestEffort.Try(() =>
    {
        foreach (string folder in Directory.Exists(parent) ? Directory.GetDirectories(parent) : [])
        {
            BestEffort.Try(() => tidy(folder));
        }
    });

    private static void TidyTokens(string folder, string held)
    {
        AtomicFile.RemoveAllStale(folder, held);
        foreach (string file in Directory.EnumerateFiles(folder, "*" + UnfinishedTokens))
        {
            BestEffort.Try(() => File.Delete(file));
        }
    }
}
