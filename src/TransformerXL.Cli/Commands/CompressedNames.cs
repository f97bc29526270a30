using System.Runtime.Versioning;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;

namespace TransformerXL.Cli.Commands;

/// <summary>Names of compressed and restored files.</summary>
internal static class CompressedNames
{
    public const string Suffix = ".txlz";

    /// <summary>The suffix of a file recovered from a damaged one.</summary>
    public const string RecoveredSuffix = ".recovered";

    /// <summary>Letter case does not distinguish files on Windows and, as a rule, on macOS.</summary>
    private static readonly StringComparison s_paths = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    private const UnixFileMode Special = UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.StickyBit;

    /// <summary>The name of a file without the suffix of compressed files.</summary>
    /// <exception cref="InputException">It does not have the suffix.</exception>
    public static string Restored(string path) => path.EndsWith(Suffix, StringComparison.Ordinal) && Path.GetFileName(path).Length > Suffix.Length
        ? path[..^Suffix.Length]
        : throw new InputException($"'{path}' does not end in {Suffix}, so that the name of the restored file is not known; give it with --out");

    /// <summary>Refuses to write over an input, which is kept even with force, and to write an archive into a folder that it is made of.</summary>
    /// <param name="target">The file to write; null for standard output.</param>
    /// <param name="inputs">What is read.</param>
    public static void RequireOutside(string? target, IEnumerable<string> inputs)
    {
        if (target is null)
        {
            return;
        }

        string written = RegularFile.RealPath(target);
        foreach (string input in inputs.Where(input => input != InputFile.StandardInput))
        {
            string read = RegularFile.RealPath(input);
            if (written.Equals(read, s_paths))
            {
                throw new InputException($"'{target}' is the file to read, which is kept; name another file with --out");
            }

            if (written.StartsWith(read.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, s_paths) && Directory.Exists(read))
            {
                throw new InputException($"'{target}' is in the folder '{input}' and would become a part of itself; name a file outside of the folder with --out");
            }
        }
    }

    /// <summary>Refuses to replace a file without force, and to write compressed bytes to a screen.</summary>
    /// <param name="target">The file to write; null for standard output.</param>
    /// <param name="force">Whether an existing file is replaced.</param>
    /// <param name="terminal">The terminal to check for a screen; null if the contents may be shown.</param>
    public static void RequireNew(string? target, bool force, Terminal? terminal)
    {
        if (target is null && terminal is { OutIsScreen: true })
        {
            throw new InputException("compressed bytes are not shown on a screen; redirect standard output, or name a file with --out");
        }

        if (target is not null && !force && Path.Exists(target) && !RegularFile.IsDeviceOrPipe(target))
        {
            throw Exists(target);
        }
    }

    /// <summary>Writes a file, all or nothing. Without force a file that has appeared since the beginning stays.</summary>
    /// <param name="target">The file.</param>
    /// <param name="force">Whether an existing file is replaced.</param>
    /// <param name="sources">The files and folders that it is made of. Only users who may read all of them may read it. The mode and the time of a single file are kept.</param>
    /// <param name="write">Writes the content.</param>
    public static void Write(string target, bool force, IReadOnlyList<string> sources, Action<Stream> write)
    {
        if (force || RegularFile.IsDeviceOrPipe(target))
        {
            AtomicFile.Write(target, WriteWithMode);
        }
        else if (!AtomicFile.WriteNew(target, WriteWithMode))
        {
            throw Exists(target);
        }

        if (IsOneFile(sources) && !RegularFile.IsDeviceOrPipe(target))
        {
            BestEffort.Try(() => File.SetLastWriteTimeUtc(target, File.GetLastWriteTimeUtc(RegularFile.Target(sources[0])?.FullName ?? sources[0])));
        }

        void WriteWithMode(Stream output)
        {
            if (!OperatingSystem.IsWindows() && output is FileStream file && !RegularFile.IsDeviceOrPipe(file.Name))
            {
                SetMode(file, sources);
                write(output);
                SetFinalMode(file, sources);
            }
            else
            {
                write(output);
            }
        }
    }

    private static bool IsOneFile(IReadOnlyList<string> sources) => sources is [var only] && File.Exists(only) && !RegularFile.IsDeviceOrPipe(only);

    [UnsupportedOSPlatform("windows")]
    private static void SetMode(FileStream file, IReadOnlyList<string> sources)
    {
        const UnixFileMode Executes = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        UnixFileMode[] modes = [.. sources.Select(ModeOf).OfType<UnixFileMode>()];
        UnixFileMode own = File.GetUnixFileMode(file.SafeFileHandle);
        UnixFileMode mode = modes is [var only] && sources is [var source] && !Directory.Exists(source)
            ? only & ~Special
            : modes.Aggregate(own, (narrowest, other) => narrowest & other) & ~Executes;
        // The user who writes the file may read it.
        File.SetUnixFileMode(file.SafeFileHandle, Shared(mode, file, sources) | UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Gives the output of a single file its mode; until it was written, its owner could write it.</summary>
    [UnsupportedOSPlatform("windows")]
    private static void SetFinalMode(FileStream file, IReadOnlyList<string> sources)
    {
        if (IsOneFile(sources) && ModeOf(sources[0]) is { } mode)
        {
            File.SetUnixFileMode(file.SafeFileHandle, Shared(mode & ~Special, file, sources));
        }
    }

    /// <summary>The mode without those rights of the group that other users do not have, unless the group of the new file is known to be that of every source.</summary>
    private static UnixFileMode Shared(UnixFileMode mode, FileStream file, IReadOnlyList<string> sources)
    {
        const UnixFileMode Group = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
        return RegularFile.GroupOf(file.Name) is { } group && sources.All(source => source == InputFile.StandardInput || RegularFile.GroupOf(source) == group)
            ? mode
            : (mode & ~Group) | (mode & (UnixFileMode)((int)mode << 3) & Group);
    }

    /// <summary>The mode of a file or folder; null of standard input, devices and pipes, and of what is missing, whose reading has an error of its own.</summary>
    [UnsupportedOSPlatform("windows")]
    private static UnixFileMode? ModeOf(string source)
    {
        try
        {
            return source == InputFile.StandardInput || RegularFile.IsDeviceOrPipe(source) ? null : File.GetUnixFileMode(source);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static InputException Exists(string target) => new($"'{target}' exists already; replace it with --force, or name another file with --out");
}
