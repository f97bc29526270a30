using System.Runtime.InteropServices;

namespace TransformerXL.Cli.Terminals;

/// <summary>Detects whether the caller has provided standard input, output and error.</summary>
internal static class StandardHandles
{
    public const int Input = 0, Output = 1, Error = 2;

    private const int GetDescriptorFlags = 1, CloseOnExec = 1;

    /// <summary>
    /// Whether a standard handle was open when the program started. The number of a closed one (<c>&lt;&amp;-</c> of a shell) has by now been
    /// reused by the runtime for a file or pipe of its own, and reading from it would block forever. The runtime opens
    /// all of its files with close-on-exec; inherited handles do not have this flag.
    /// </summary>
    public static bool IsOpen(int descriptor)
    {
        if (OperatingSystem.IsWindows())
        {
            return true;
        }

        try
        {
            int flags = Control(descriptor, GetDescriptorFlags);
            return flags >= 0 && (flags & CloseOnExec) == 0;
        }
        catch (Exception fault) when (fault is DllNotFoundException or EntryPointNotFoundException)
        {
            return true;
        }
    }

    /// <summary>Whether standard input is a folder (<c>&lt; /tmp</c> of a shell), which can be opened but not read.</summary>
    public static bool InputIsFolder() => !OperatingSystem.IsWindows() && Directory.Exists("/dev/stdin");

    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, int command);
}
