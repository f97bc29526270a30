using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TransformerXL.Files;

/// <summary>Tells files from what only looks like one: opening a named pipe waits for a writer, perhaps for ever, and nothing can end the waiting.</summary>
public static class RegularFile
{
    /// <summary>Refuses a pipe, a socket and a terminal.</summary>
    /// <param name="path">What is to be opened to be read; may be missing, which opening it tells better.</param>
    /// <param name="allowInheritedPipe">Whether a pipe that the caller has opened already is read to its end, such as <c>&lt;(command)</c> of a shell.</param>
    /// <exception cref="InputException">It is one of these.</exception>
    public static void Require(string path, bool allowInheritedPipe = false)
    {
        ArgumentNullException.ThrowIfNull(path);

        // What has a length is a file; of the rest most are empty files.
        if (OperatingSystem.IsWindows() || !TryHasNoLength(path) || (allowInheritedPipe && IsInheritedPipe(path)))
        {
            return;
        }

        TransformerXL.Require.That(
            CanSeek(path),
            $"'{path}' is a pipe, a socket or a terminal, but a regular file is needed; save its content to a file and name that");
    }

    private static bool TryHasNoLength(string path)
    {
        try
        {
            FileInfo file = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
            return IsInheritedPipe(path) || (file.Exists && file.Length == 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    /// <summary>Links among the descriptors of a process name what they lead to, such as <c>pipe:[1234]</c>.</summary>
    private static bool IsInheritedPipe(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target && target.Name.StartsWith("pipe:[", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether there are places in it, which pipes, sockets and terminals have not; true if that cannot be found out.</summary>
    private static bool CanSeek(string path)
    {
        const int CloseOnExecLinux = 0x80000, NonBlockingLinux = 0x800, NonBlockingBsd = 4;
        try
        {
            int descriptor = Open(Encoding.UTF8.GetBytes(path + '\0'), OperatingSystem.IsLinux() ? NonBlockingLinux | CloseOnExecLinux : NonBlockingBsd);
            if (descriptor < 0)
            {
                return true;
            }

            using SafeFileHandle handle = new(descriptor, ownsHandle: true);
            using FileStream stream = new(handle, FileAccess.Read, bufferSize: 0);
            return stream.CanSeek;
        }
        catch (Exception fault) when (fault is DllNotFoundException or EntryPointNotFoundException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return true;
        }
    }

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);
}
