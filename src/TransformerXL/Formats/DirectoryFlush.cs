using System.Runtime.InteropServices;
using System.Text;

namespace TransformerXL.Formats;

/// <summary>
/// Makes a rename durable. Without it the rename is still atomic, but a power cut soon after may bring the old file
/// back, and two renames may survive in the wrong order (a new state beside an old model).
/// </summary>
internal static class DirectoryFlush
{
    private const int ReadOnly = 0;

    /// <summary>
    /// Flushes a folder's entries to disk on Linux, macOS and FreeBSD; false where that is impossible. .NET opens no
    /// folders, so this goes to the C library; on Windows NTFS journals renames and offers no such call.
    /// A failure is not an error: the content of the file has reached the disk already.
    /// </summary>
    public static bool TryFlush(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS() && !OperatingSystem.IsFreeBSD())
        {
            return false;
        }

        try
        {
            int descriptor = Open(Encoding.UTF8.GetBytes(folder + '\0'), ReadOnly);
            if (descriptor < 0)
            {
                return false;
            }

            bool flushed = FileSync(descriptor) == 0;
            return Close(descriptor) == 0 && flushed;
        }
        catch (Exception fault) when (fault is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FileSync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
