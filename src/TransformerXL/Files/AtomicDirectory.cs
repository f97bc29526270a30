
namespace TransformerXL.Files;

/// <summary>Writes a folder completely or not at all: its files are written to a temporary folder beside it, which is then renamed.</summary>
internal static class AtomicDirectory
{
    /// <summary>A file in an unfinished folder that its writer keeps locked.</summary>
    internal const string Mark = ".writing";

    private const string Ending = ".txl-tmp", OldEnding = ".old" + Ending;

    private static readonly EnumerationOptions s_hiddenToo = new() { AttributesToSkip = FileAttributes.None };

    /// <param name="path">The folder to write; it must not exist, or be empty.</param>
    /// <param name="replaceable">An existing folder that holds only files with these names is replaced; null to replace none.</param>
    /// <param name="write">Writes the files into the given temporary folder.</param>
    /// <exception cref="InputException">The folder holds files that must not be replaced, or nothing can be written there.</exception>
    public static void Write(string path, IReadOnlyCollection<string>? replaceable, Action<string> write)
    {
        Require.Path(path);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        RequireParent(target);
        FileStream? mark = null;
        string next = Beside(target, Ending), previous = Beside(target, OldEnding);
        try
        {
            RemoveStale(target);
            CheckPlace(path, target, replaceable);
            NewFolder.Create(next);
            // The lock shows other processes that this folder was not left by a killed process.
            mark = new FileStream(Path.Combine(next, Mark), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1);
            write(next);
            mark.Dispose();
            File.Delete(mark.Name);
            DiskFlush.Folder(next);
            // Again: another process may have created the folder in the meantime.
            CheckPlace(path, target, replaceable);
            Clear(target, previous, replaceable is not null);
            Directory.Move(next, target);
            DiskFlush.Folder(Path.GetDirectoryName(target)!);
        }
        catch (Exception fault) when (FileFault.Cause(fault, next) is { } cause)
        {
            throw new InputException($"'{path}' cannot be written: {FileFault.Reason(cause)}", fault);
        }
        finally
        {
            mark?.Dispose();
            BestEffort.Try(() => PutBack(previous, target));
            BestEffort.Try(() => DeleteFolder(next));
            BestEffort.Try(() => DeleteFolder(previous));
        }
    }

    /// <summary>Removes the old folder. If its files must not be replaced, it is deleted only if it is empty, which the system checks atomically.</summary>
    private static void Clear(string target, string previous, bool replaces)
    {
        if (!Directory.Exists(target))
        {
            return;
        }

        if (replaces)
        {
            Directory.Move(target, previous);
        }
        else
        {
            Directory.Delete(target);
        }
    }

    private static void PutBack(string previous, string target)
    {
        if (Directory.Exists(previous) && !Directory.Exists(target))
        {
            Directory.Move(previous, target);
        }
    }

    /// <summary>Removes temporary folders that killed processes left for the same target, and restores an old folder whose replacement was interrupted.</summary>
    private static void RemoveStale(string target)
    {
        string parent = Path.GetDirectoryName(target)!, prefix = $".{Path.GetFileName(target)}.";
        foreach (string folder in Directory.Exists(parent) ? Directory.GetDirectories(parent, "*" + Ending, s_hiddenToo) : [])
        {
            string name = Path.GetFileName(folder), token = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : "";
            bool isOld = token.EndsWith(OldEnding, StringComparison.Ordinal);
            if (token.Length != RandomBits.Digits + (isOld ? OldEnding : Ending).Length || !token[..RandomBits.Digits].All(char.IsAsciiHexDigitLower))
            {
                continue;
            }

            if (isOld)
            {
                PutBack(folder, target);
            }

            if (IsStale(folder))
            {
                // Rename it first: if its writer is alive after all, it then fails completely.
                string stale = Beside(target, Ending);
                Directory.Move(folder, stale);
                DeleteFolder(stale);
            }
        }
    }

    /// <summary>Whether no process writes an unfinished folder any more.</summary>
    internal static bool IsStale(string folder)
    {
        string mark = Path.Combine(folder, Mark);
        try
        {
            // The writer of a folder keeps this file locked; the lock ends with the process, however it ends.
            using FileStream? free = File.Exists(mark) ? new FileStream(mark, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1) : null;
            return Directory.Exists(folder);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void CheckPlace(string path, string target, IReadOnlyCollection<string>? replaceable)
    {
        Require.That(new DirectoryInfo(target).LinkTarget is null, $"'{path}' is a link; name the folder that it leads to");
        Require.That(!File.Exists(target), $"'{path}' is a file; name a folder");
        if (!Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any())
        {
            return;
        }

        Require.That(replaceable is not null, $"'{path}' holds files already; name another folder", [new("replace")]);
        string? foreign = Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName).FirstOrDefault(name => !replaceable!.Contains(name));
        Require.That(foreign is null, $"'{path}' is not replaced: it holds '{foreign}', which is not a file of an exported model");
    }

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void RequireParent(string target) =>
        Require.That(Path.GetDirectoryName(target) is not null, $"'{target}' is the root of a disk; name a folder in it");

    private static string Beside(string target, string ending)
    {
        return Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{RandomBits.Name()}{ending}");
    }
}
