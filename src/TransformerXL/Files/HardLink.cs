using System.Runtime.InteropServices;
using System.Text;

namespace TransformerXL.Files;

/// <summary>
/// Gives a file its name only if no other file has it. On Unix <see cref="File.Move(string, string)"/> checks first and then renames, so that if two processes
/// do it at the same time both succeed; a rename that replaces nothing (Linux) and the creation of a hard link are atomic.
/// </summary>
internal static class HardLink
{
    private const int Exists = 17;

    private static readonly bool HasLinks = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD();

    /// <summary>Moves a file to a name in the same folder.</summary>
    /// <returns>False if the name exists; the file is then not moved.</returns>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public static bool TryMoveNew(string file, string target)
    {
        byte[] from = Encoding.UTF8.GetBytes(file + '\0'), to = Encoding.UTF8.GetBytes(target + '\0');
        if (OperatingSystem.IsLinux() && TryRename(from, to) is { } renamed)
        {
            return renamed;
        }

        if (HasLinks)
        {
            if (Link(from, to) == 0)
            {
                File.Delete(file);
                return true;
            }

            if (Marshal.GetLastPInvokeError() == Exists)
            {
                return false;
            }
        }

        // Windows, where a move is atomic, and file systems without hard links.
        try
        {
            File.Move(file, target, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(target))
        {
            return false;
        }
    }

    /// <returns>False if the name exists; null if the system or the file system cannot do it.</returns>
    private static bool? TryRename(byte[] file, byte[] target)
    {
        const int CurrentFolder = -100, ReplaceNothing = 1;
        try
        {
            return Rename(CurrentFolder, file, CurrentFolder, target, ReplaceNothing) == 0 ? true : Marshal.GetLastPInvokeError() == Exists ? false : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "renameat2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(int fileFolder, byte[] file, int targetFolder, byte[] target, uint flags);

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] file, byte[] name);
}
