using TransformerXL.Cli.Terminals;
using TransformerXL.Files;

namespace TransformerXL.Cli.Commands;

/// <summary>Names of compressed and restored files.</summary>
internal static class CompressedNames
{
    public const string Suffix = ".txlz";

    /// <summary>The suffix of a file recovered from a damaged one.</summary>
    public const string RecoveredSuffix = ".recovered";

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

        string written = Resolved(target);
        foreach (string input in inputs.Where(input => input != InputFile.StandardInput))
        {
            string read = Resolved(input);
            if (written == read)
            {
                throw new InputException($"'{target}' is the file to read, which is kept; name another file with --out");
            }

            if (written.StartsWith(Path.TrimEndingDirectorySeparator(read) + Path.DirectorySeparatorChar, StringComparison.Ordinal) && Directory.Exists(read))
            {
                throw new InputException($"'{target}' is in the folder '{input}' and would become a part of itself; name a file outside of the folder with --out");
            }
        }
    }

    private static string Resolved(string path)
    {
        try
        {
            return RegularFile.Target(path)?.FullName ?? Path.GetFullPath(path);
        }
        catch (IOException)
        {
            return Path.GetFullPath(path);
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

        if (target is not null && !force && Path.Exists(target))
        {
            throw new InputException($"'{target}' exists already; replace it with --force, or name another file with --out");
        }
    }
}
