using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Commands;

/// <summary>Names of compressed files and of what is restored from them.</summary>
internal static class CompressedNames
{
    public const string Suffix = ".txlz";

    /// <summary>Added to the name of what was recovered from a damaged file.</summary>
    public const string RecoveredSuffix = ".recovered";

    /// <summary>The name of a file without the suffix of compressed files.</summary>
    /// <exception cref="InputException">It has not got the suffix.</exception>
    public static string Restored(string path) => path.EndsWith(Suffix, StringComparison.Ordinal) && Path.GetFileName(path).Length > Suffix.Length
        ? path[..^Suffix.Length]
        : throw new InputException($"'{path}' does not end in {Suffix}, so that the name of the restored file is not known; give it with --out");

    /// <summary>Refuses to replace a file unless that is wanted, and to show compressed bytes on a screen.</summary>
    /// <param name="target">The file to write; null for standard output.</param>
    /// <param name="force">Whether an existing file is replaced.</param>
    /// <param name="terminal">Where standard output goes; null if its contents may be shown.</param>
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
