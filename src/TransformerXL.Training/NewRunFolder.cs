using TransformerXL.Files;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training;

/// <summary>
/// What a folder without a lock held before it was locked for a new run. A command that is refused before the run begins leaves nothing behind: an empty lock would mark a folder of texts as that of a run.
/// </summary>
internal sealed class NewRunFolder
{
    private readonly string _path;
    private readonly bool _exists;
    private readonly HashSet<string> _entries, _tokens;

    private NewRunFolder(string path)
    {
        (_path, _exists) = (path, Directory.Exists(path));
        (_entries, _tokens) = ([.. Entries(path)], [.. Entries(Tokens)]);
    }

    private string Tokens => Path.Combine(_path, RunFolders.Tokens);

    private string Lock => Path.Combine(_path, RunFolders.Lock);

    /// <summary>The contents of a folder that may become that of a run, or that does not exist; null for one that was locked before or holds a run.</summary>
    public static NewRunFolder? Find(string path) => File.Exists(Path.Combine(path, RunFolders.Lock)) || RunFolders.IsBegun(path) ? null : new NewRunFolder(path);

    /// <summary>Removes the lock and new token files if nothing else has been written, and the folder if it was made for them.</summary>
    public void Restore()
    {
        if (Entries(_path).Any(entry => entry != Lock && entry != Tokens && !_entries.Contains(entry)))
        {
            return;
        }

        foreach (string folder in Entries(Tokens).Where(folder => !_tokens.Contains(folder) && IsOfTokens(folder)))
        {
            BestEffort.Try(() => Directory.Delete(folder, recursive: true));
        }

        RemoveIfNew(Tokens, _entries.Contains(Tokens));
        BestEffort.Try(() => File.Delete(Lock));
        RemoveIfNew(_path, _exists);
    }

    private static bool IsOfTokens(string folder) => Directory.Exists(folder) && (Entries(folder).Length == 0 || RunFolders.IsTokenFolder(folder));

    private static string[] Entries(string folder) => Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : [];

    private static void RemoveIfNew(string folder, bool existed)
    {
        if (!existed && Directory.Exists(folder) && Entries(folder).Length == 0)
        {
            BestEffort.Try(() => Directory.Delete(folder));
        }
    }
}
