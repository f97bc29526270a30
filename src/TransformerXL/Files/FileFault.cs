using System.Text.RegularExpressions;

namespace TransformerXL.Files;

/// <summary>
/// The reason why a file could not be read or written, for messages that name the file themselves. The framework's messages end with a full stop and repeat the full path, which
/// may be that of a temporary file that the user never named.
/// </summary>
internal static partial class FileFault
{
    /// <summary>The reason alone, without a path and without a full stop.</summary>
    /// <param name="fault">The exception of the file system.</param>
    /// <param name="path">The file or folder that could not be used; null if neither a folder nor a link can be the cause.</param>
    public static string Reason(Exception fault, string? path = null) => fault switch
    {
        FileWriteException write => write.Reason,
        FileNotFoundException => path is not null && new FileInfo(path).LinkTarget is { } target ? $"it is a link to '{target}', which leads nowhere" : "there is no such file",
        DirectoryNotFoundException => path is not null && File.Exists(NewFolder.ExistingParent(path)) ? "a part of its path is a file, not a folder" : "its folder does not exist",
        PathTooLongException => "the path is too long",
        UnauthorizedAccessException => path is not null && Directory.Exists(path) ? "it is a folder" : "access is denied",
        IOException => PathAtEnd().Replace(fault.Message, "").TrimEnd('.'),
        _ => fault.Message.TrimEnd('.'),
    };

    /// <summary>The fault of the file system behind an exception of something that writes a folder; null if there is none.</summary>
    /// <param name="fault">The exception.</param>
    /// <param name="temporary">The folder that is written in place of the one that the user knows.</param>
    public static Exception? Cause(Exception fault, string temporary) => fault switch
    {
        IOException or UnauthorizedAccessException => fault,
        InputException { InnerException: IOException or UnauthorizedAccessException } when fault.Message.Contains(temporary, StringComparison.Ordinal) => fault.InnerException,
        _ => null,
    };

    /// <summary>The message of an exception that nothing else names the file of: names of temporary files become those of the files that they would have replaced.</summary>
    /// <param name="fault">The exception of the file system.</param>
    public static string Message(Exception fault)
    {
        string message = TemporaryFolder().Replace(TemporaryName().Replace(fault.Message, "$1"), "");
        Match path = PathAtEnd().Match(message);
        return path.Success ? $"'{path.Groups[1].Value}': {message[..path.Index]}" : message.TrimEnd('.');
    }

    /// <summary>What the framework appends for an error that it has no words for.</summary>
    [GeneratedRegex(@" : '(.*)'\.?\z", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex PathAtEnd();

    /// <summary>A name of <see cref="AtomicFile"/> or <see cref="AtomicDirectory"/>.</summary>
    [GeneratedRegex(@"(?<=[/\\])\.([^/\\]+)\.[0-9a-f]{16}(?:\.old)?\.txl-tmp", RegexOptions.CultureInvariant)]
    private static partial Regex TemporaryName();

    /// <summary>The folder of <see cref="AtomicEntries"/>.</summary>
    [GeneratedRegex(@"(?<=[/\\])\.[0-9a-f]{16}\.txl-tmp[/\\](?:entries[/\\])?", RegexOptions.CultureInvariant)]
    private static partial Regex TemporaryFolder();
}
