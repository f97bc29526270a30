using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TransformerXL.Files;

/// <summary>Detects paths that are not regular files: opening a named pipe waits for a writer, perhaps forever, and cannot be cancelled.</summary>
internal static class RegularFile
{
    /// <summary>Links that a path may lead through, as in Linux.</summary>
    private const int MaxLinks = 40;

    /// <summary>Kinds of files in the mode of Linux.</summary>
    private const int Pipe = 0x1000, Characters = 0x2000, Socket = 0xC000;

    /// <summary>Rejects pipes, sockets and terminals.</summary>
    /// <param name="path">The file to read; if it does not exist this method does nothing, because opening it gives a better error.</param>
    /// <param name="allowInheritedPipe">Whether to allow a pipe that the parent process has opened, such as <c>&lt;(command)</c> of a shell.</param>
    /// <exception cref="InputException">It is one of these.</exception>
    public static void Require(string path, bool allowInheritedPipe = false)
    {
        ArgumentNullException.ThrowIfNull(path);

        // A path with a length is a file; most others are empty files.
        if (OperatingSystem.IsWindows() || !TryHasNoLength(path) || (allowInheritedPipe && IsInheritedPipe(path)))
        {
            return;
        }

        TransformerXL.Require.That(
            KindOf(path) is not (Pipe or Socket) && CanSeek(path),
            $"'{path}' is a pipe, a socket or a terminal, but a regular file is needed; save its content to a file and name that");
    }

    /// <summary>Whether a path leads to a device, a pipe or a socket, which a program writes into and does not replace. Only known on Linux; elsewhere false.</summary>
    public static bool IsDeviceOrPipe(string path) => KindOf(path) is Pipe or Characters or Socket;

    /// <summary>The kind of the file, found without opening it: a pipe that is opened and closed loses what was written into it. 0 where it is not known, as everywhere but on Linux.</summary>
    private static int KindOf(string path)
    {
        const uint TypeMask = 1;
        const int ModePlace = 28, KindMask = 0xF000;
        return StatusOf(path, TypeMask) is { } status ? BitConverter.ToUInt16(status, ModePlace) & KindMask : 0;
    }

    /// <summary>The number of the group that a file belongs to; null if it is not known, as everywhere but on Linux.</summary>
    public static uint? GroupOf(string path)
    {
        const uint GroupMask = 0x10;
        const int GroupPlace = 24;
        return StatusOf(path, GroupMask) is { } status ? BitConverter.ToUInt32(status, GroupPlace) : null;
    }

    /// <summary>The absolute path without the links that it leads through; what follows the last part that exists stays as it is.</summary>
    public static string RealPath(string path)
    {
        int links = MaxLinks;
        return RealPath(Path.GetFullPath(path), ref links);
    }

    private static string RealPath(string full, ref int links)
    {
        string real = Path.GetPathRoot(full)!;
        foreach (string part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            try
            {
                if (links > 0 && File.ResolveLinkTarget(real, returnFinalTarget: false) is { } target)
                {
                    links--;
                    real = RealPath(target.FullName, ref links);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A part that cannot be read stays as it is.
            }
        }

        return real;
    }

    /// <summary>The answer of statx for a file, following links; null if there is none.</summary>
    private static byte[]? StatusOf(string path, uint mask)
    {
        const int CurrentFolder = -100;
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            byte[] answer = new byte[256];
            return Status(CurrentFolder, Encoding.UTF8.GetBytes(path + '\0'), 0, mask, answer) == 0 ? answer : null;
        }
        catch (Exception fault) when (fault is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static bool TryHasNoLength(string path)
    {
        try
        {
            FileInfo file = Target(path) as FileInfo ?? new FileInfo(path);
            return IsInheritedPipe(path) || (file.Exists && file.Length == 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    /// <summary>What a link leads to in the end; null if the path is no link.</summary>
    /// <exception cref="IOException">The link is a part of a circle.</exception>
    public static FileSystemInfo? Target(string path) =>
        // Of a name without a folder the framework looks for the target of the link in the root folder.
        File.ResolveLinkTarget(Path.GetFullPath(path), returnFinalTarget: true);

    /// <summary>The links in a process's descriptor folder name their targets, such as <c>pipe:[1234]</c>.</summary>
    private static bool IsInheritedPipe(string path)
    {
        try
        {
            return Target(path) is { } target && target.Name.StartsWith("pipe:[", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether it can seek, unlike pipes, sockets and terminals; true if that is unknown.</summary>
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

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Status(int folder, byte[] path, int flags, uint mask, byte[] answer);
}
