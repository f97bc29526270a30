using System.Runtime.InteropServices;
using System.Text;

namespace TransformerXL.Files;

/// <summary>
/// Flushes files and folders to the disk, and reports failures. The framework's <see cref="FileStream.Flush(bool)"/> hides
/// them, so on Linux, macOS and FreeBSD this class calls fsync of the C library. Without the flush of a folder a rename is still
/// atomic, but a power cut soon after may bring the old file back, and two renames may survive in the wrong order.
/// </summary>
internal static class DiskFlush
{
    private const int ReadOnly = 0;

    private static readonly bool HasFileSync = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD();

    /// <summary>Writes the buffer, and flushes the content of the file to the disk.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public static void File(FileStream stream)
    {
        // On Windows this reports failures; on macOS it also flushes the drive, which fsync does not.
        stream.Flush(flushToDisk: !OperatingSystem.IsLinux());
        if (HasFileSync)
        {
            Check(Call(() => FileSync((int)stream.SafeFileHandle.DangerousGetHandle())), stream.Name);
            GC.KeepAlive(stream);
        }
    }

    /// <summary>
    /// Flushes the entries of a folder to the disk; false if the system has no such call (NTFS journals renames), or the folder
    /// cannot be read.
    /// </summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static bool Folder(string folder)
    {
        if (!HasFileSync)
        {
            return false;
        }

        int descriptor = -1;
        if (Call(() => descriptor = Open(Encoding.UTF8.GetBytes(folder + '\0'), ReadOnly)) != 0 || descriptor < 0)
        {
            return false;
        }

        int error = Call(() => FileSync(descriptor));
        _ = Close(descriptor);
        return Check(error, folder);
    }

    /// <summary>The error number of a call that returns a negative number when it fails; 0 if it succeeds.</summary>
    private static int Call(Func<int> call)
    {
        const int Interrupted = 4;
        while (true)
        {
            if (call() >= 0)
            {
                return 0;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
            {
                return error;
            }
        }
    }

    /// <summary>Whether the call succeeded. Some file systems and devices do not support it, which is not a failure.</summary>
    /// <exception cref="IOException">It failed; the message ends as those of the framework, so that <see cref="FileFault"/> finds the path.</exception>
    private static bool Check(int error, string path)
    {
        const int InvalidArgument = 22, NotImplemented = 38, NotSupportedLinux = 95, NotSupportedMac = 45;
        return error switch
        {
            0 => true,
            InvalidArgument or NotImplemented or NotSupportedLinux or NotSupportedMac => false,
            _ => throw new IOException($"the flush to the disk failed: {Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error),
        };
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FileSync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
