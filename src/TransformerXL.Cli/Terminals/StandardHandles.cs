using System.Runtime.InteropServices;

namespace TransformerXL.Cli.Terminals;

/// <summary>Tells whether the caller has given standard input, output and error to this program.</summary>
internal static class StandardHandles
{
    public const int Input = 0, Output = 1, Error = 2;

    private const int GetDescriptorFlags = 1, CloseOnExec = 1;

    /// <summary>
    /// Whether a standard handle was open when the program began. A closed one (<c>&lt;&amp;-</c> of a shell) has a number that the
    /// runtime has used for a file or pipe of its own by now, and reading from it would wait for ever. The runtime opens
    /// all of its files so that no other program inherits them; what was inherited lacks this mark.
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

    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, int command);
}
