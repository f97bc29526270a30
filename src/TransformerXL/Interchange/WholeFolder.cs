using System.Security.Cryptography;
using TransformerXL.Training;

namespace TransformerXL.Interchange;

/// <summary>Makes a folder whole or not at all: its files are written beside it, and it takes its place by renaming.</summary>
internal static class WholeFolder
{
    /// <param name="path">The folder to make; it must not exist, or be empty.</param>
    /// <param name="replaceable">Names of files that a folder in its place may consist of, to be replaced; null to replace none.</param>
    /// <param name="write">Writes the files into the folder that it is given.</param>
    /// <exception cref="InputException">The folder holds files that are not to be replaced, or nothing can be written there.</exception>
    public static void Write(string path, IReadOnlyCollection<string>? replaceable, Action<string> write)
    {
        Require.Path(path);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        CheckPlace(path, target, replaceable);
        string next = Beside(target), previous = Beside(target);
        try
        {
            Directory.CreateDirectory(next);
            write(next);
            if (Directory.Exists(target))
            {
                Directory.Move(target, previous);
            }

            Directory.Move(next, target);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be written: {fault.Message}", fault);
        }
        finally
        {
            if (Directory.Exists(previous) && !Directory.Exists(target))
            {
                Directory.Move(previous, target);
            }

            Checkpoint.Delete(next);
            Checkpoint.Delete(previous);
        }
    }

    private static void CheckPlace(string path, string target, IReadOnlyCollection<string>? replaceable)
    {
        Require.That(!File.Exists(target), $"'{path}' is a file; name a folder");
        if (!Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any())
        {
            return;
        }

        Require.That(replaceable is not null, $"'{path}' holds files already; name another folder");
        string? foreign = Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName).FirstOrDefault(name => !replaceable!.Contains(name));
        Require.That(foreign is null, $"'{path}' is not replaced: it holds '{foreign}', which is no file of an exported model");
    }

    private static string Beside(string target)
    {
        string parent = Path.GetDirectoryName(target) ?? throw new InputException($"'{target}' is the root of a disk; name a folder in it");
        return Path.Combine(parent, $".{Path.GetFileName(target)}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.txl-tmp");
    }
}
