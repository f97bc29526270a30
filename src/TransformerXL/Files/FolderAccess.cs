using System.Runtime.InteropServices;
using System.Text;

namespace TransformerXL.Files;

/// <summary>Asks whether files may be created in a folder.</summary>
internal static class FolderAccess
{
    private const int Write = 2, Search = 1;

    /// <summary>
    /// Whether this user may create files in a folder, or in the nearest one above it if it does not exist. Elsewhere than on Windows nothing is written for the answer, so that a
    /// killed process leaves nothing.
    /// </summary>
    public static bool CanCreateIn(string folder)
    {
        string? existing = Path.GetFullPath(folder);
        while (existing is not null && !Directory.Exists(existing))
        {
            if (File.Exists(existing))
            {
                return false;
            }

            existing = Path.GetDirectoryName(existing);
        }

        return existing is not null && (OperatingSystem.IsWindows() ? CreatesFile(existing) : Access(Encoding.UTF8.GetBytes(existing + '\0'), Write | Search) == 0);
    }

    /// <summary>Windows has no call for it, and removes the file even if the process is killed.</summary>
    private static bool CreatesFile(string folder)
    {
        try
        {
            File.Create(Path.Combine(folder, $".{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose).Dispose();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "access")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access(byte[] path, int mode);
}
