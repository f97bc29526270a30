using System.Runtime.InteropServices;
using System.Text;

namespace TransformerXL.Files;

/// <summary>
/// Gives a file its name only if no other file has it. On Unix <see cref="File.Move(string, string)"/> checks first and then renames, so that if two processes
/// do it at the same time both succeed; creating a hard link is atomic.
/// </summary>
internal static class HardLink
{
    private static readonly bool HasLinks = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD();

    /// <summary>Moves a file to a name in the same folder.</summary>
    /// <returns>False if the name exists; the file is then not moved.</returns>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public static bool TryMoveNew(string file, string target)
    {
        const int Exists = 17;
        if (HasLinks)
        {
            if (Link(Encoding.UTF8.GetBytes(file + '\0'), Encoding.UTF8.GetBytes(target + '\0')) == 0)
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

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] file, byte[] name);
}
