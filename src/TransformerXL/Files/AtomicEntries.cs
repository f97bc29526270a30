
namespace TransformerXL.Files;

/// <summary>
/// Adds files and folders to a folder, all of them or none. They are written into a hidden folder inside it and moved when all are complete. If the process is killed
/// while they are moved, the next use of the folder moves the rest; if it is killed before that, the next use removes them.
/// </summary>
internal sealed class AtomicEntries : IDisposable
{
    private const string Ending = ".txl-tmp", Entries = "entries", Complete = "complete";

    private static readonly EnumerationOptions s_hiddenToo = new() { AttributesToSkip = FileAttributes.None };

    private readonly string _folder, _temporary;
    private readonly FileStream _mark;
    private readonly IReadOnlyList<string> _newFolders;
    private bool _isPlaced;

    /// <summary>Creates the folder if it does not exist, and finishes what a killed process began in it.</summary>
    /// <exception cref="InputException">It is a file.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public AtomicEntries(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Require.That(!File.Exists(_folder), $"'{folder}' is a file, but a folder for the entries is needed", [new("folder")]);
        _newFolders = NewFolder.Missing(_folder);
        NewFolder.Create(_folder);
        FinishStale(_folder);
        _temporary = Path.Combine(_folder, $".{RandomBits.Name()}{Ending}");
        Directory.CreateDirectory(Staging);
        _mark = new FileStream(Path.Combine(_temporary, AtomicDirectory.Mark), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1);
    }

    /// <summary>Where the entries are written.</summary>
    public string Staging => Path.Combine(_temporary, Entries);

    /// <summary>Moves the entries into the folder. The caller has flushed their contents to the disk.</summary>
    /// <exception cref="InputException">An entry of the same name exists; nothing was moved.</exception>
    /// <exception cref="IOException">An entry cannot be moved; those moved before are moved back.</exception>
    public void Place()
    {
        FileSystemInfo[] entries = new DirectoryInfo(Staging).GetFileSystemInfos("*", s_hiddenToo);
        foreach (FileSystemInfo entry in entries)
        {
            string target = Path.Combine(_folder, entry.Name);
            Require.That(!Path.Exists(target), $"'{target}' exists already; name another folder, or move it away", [new("folder")]);
        }

        DiskFlush.Folder(Staging);
        using (FileStream complete = new(Path.Combine(_temporary, Complete), FileMode.CreateNew, FileAccess.Write))
        {
            DiskFlush.File(complete);
        }

        DiskFlush.Folder(_temporary);
        int moved = 0;
        try
        {
            for (; moved < entries.Length; moved++)
            {
                Move(entries[moved].FullName, Path.Combine(_folder, entries[moved].Name));
            }

            DiskFlush.Folder(_folder);
            _isPlaced = true;
        }
        catch
        {
            BestEffort.Try(() => File.Delete(Path.Combine(_temporary, Complete)));
            for (int i = 0; i < moved; i++)
            {
                string name = entries[i].Name;
                BestEffort.Try(() => Move(Path.Combine(_folder, name), Path.Combine(Staging, name)));
            }

            throw;
        }
    }

    /// <summary>Removes what was not moved, and the folders that were created for nothing.</summary>
    public void Dispose()
    {
        // Without this mark nothing can be mistaken for a complete set once the lock is gone.
        BestEffort.Try(() => File.Delete(Path.Combine(_temporary, Complete)));
        _mark.Dispose();
        BestEffort.Try(() => Directory.Delete(_temporary, recursive: true));
        foreach (string folder in _isPlaced ? [] : _newFolders)
        {
            BestEffort.Try(() => Directory.Delete(folder));
        }
    }

    private static void FinishStale(string folder)
    {
        foreach (string temporary in Directory.GetDirectories(folder, ".*" + Ending, s_hiddenToo))
        {
            string name = Path.GetFileName(temporary);
            if (name.Length != 1 + RandomBits.Digits + Ending.Length || !name[1..(1 + RandomBits.Digits)].All(char.IsAsciiHexDigitLower) || !AtomicDirectory.IsStale(temporary))
            {
                continue;
            }

            string entries = Path.Combine(temporary, Entries);
            if (File.Exists(Path.Combine(temporary, Complete)))
            {
                foreach (string entry in Directory.GetFileSystemEntries(entries, "*", s_hiddenToo))
                {
                    string target = Path.Combine(folder, Path.GetFileName(entry));
                    if (!Path.Exists(target))
                    {
                        Move(entry, target);
                    }
                }

                DiskFlush.Folder(folder);
            }

            File.Delete(Path.Combine(temporary, Complete));
            Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>A moved folder keeps its time.</summary>
    private static void Move(string from, string to)
    {
        if (Directory.Exists(from))
        {
            DateTime modified = Directory.GetLastWriteTimeUtc(from);
            Directory.Move(from, to);
            Directory.SetLastWriteTimeUtc(to, modified);
        }
        else
        {
            File.Move(from, to);
        }
    }
}
