using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>Lists the files of a path in an order that does not depend on the machine.</summary>
internal static class TextSourceFinder
{
    private static readonly EnumerationOptions s_all = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    /// <param name="path">A file or a folder.</param>
    /// <param name="rules">The rules for reading files as one text.</param>
    /// <param name="leftOut">Receives the entries of the folder that are not text.</param>
    /// <exception cref="InputException">There is nothing at the path, it cannot be read, or it holds no text.</exception>
    public static TextSource Find(string path, TextRules rules, LeftOutEntries leftOut)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return FindFolder(path, rules, leftOut);
            }
            if (!File.Exists(path))
            {
                throw new InputException($"there is no file or folder '{path}'");
            }
            SourcePart part = Describe(path, rules, remedyForBinary: null);
            RegularFile.Require(path);
            return part.Length > 0 ? new TextSource(path, [part], rules.HasLines) : throw new InputException(RegularFile.IsDeviceOrPipe(path) ? $"'{path}' is a device, but a regular file is needed" : $"the file '{path}' is empty; text is needed");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }

    private static TextSource FindFolder(string folder, TextRules rules, LeftOutEntries leftOut)
    {
        var files = new List<string>();
        LeftOutEntries inFolder = new();
        Collect(new DirectoryInfo(folder), "", files, inFolder);
        leftOut.Add(inFolder);
        if (files.Count == 0)
        {
            throw new InputException($"the folder '{folder}' holds no files to read{(inFolder.Describe() is { } left ? $" ({left})" : "")}");
        }
        files.Sort(StringComparer.Ordinal);
        string? remedy = rules.FolderMustBeText ? "remove it from the folder, or give its own path and a vocabulary of bytes to learn its bytes" : null;
        SourcePart[] parts = [.. files.Select(file => Describe(Path.Combine(folder, file), rules, remedy)).Where(part => part.Length > 0)];
        return parts.Length > 0 ? new TextSource(folder, parts, rules.HasLines) : throw new InputException($"{(files.Count == 1 ? "the only file in the folder" : $"all {files.Count} files in the folder")} '{folder}' {(files.Count == 1 ? "is" : "are")} empty; text is needed");
    }

    private static void Collect(DirectoryInfo folder, string prefix, List<string> files, LeftOutEntries leftOut)
    {
        // The given folder may itself be that of a run; folders of runs below it are left out completely.
        bool isRun = RunFolders.IsRunOrModel(folder.FullName);
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos("*", s_all))
        {
            string name = prefix + entry.Name;
            if (isRun && RunFolders.IsOwn(entry.Name))
            {
                leftOut.AddRun(name);
            }
            else if (entry.Name.StartsWith('.') || entry.Attributes.HasFlag(FileAttributes.Hidden))
            {
                leftOut.AddHidden(name);
            }
            else if (entry is not DirectoryInfo directory)
            {
                if (RunFolders.IsPage(entry.FullName))
                {
                    leftOut.AddRun(name);
                }
                else
                {
                    files.Add(name);
                }
            }
            // A link to a parent folder would make the walk endless.
            else if (directory.LinkTarget is not null)
            {
                leftOut.AddLink(name);
            }
            else if (RunFolders.IsNoText(directory.FullName))
            {
                leftOut.AddRun(name);
            }
            else
            {
                Collect(directory, name + "/", files, leftOut);
            }
        }
    }

    private static SourcePart Describe(string path, TextRules rules, string? remedyForBinary)
    {
        FileInfo file = Target(path);
        // Pipes and devices have length 0, and opening one could block forever.
        if (file.Length == 0)
        {
            return new SourcePart(path, 0, 0, 0, EndsLine: false, () => Stream.Null);
        }
        using FileStream stream = Open(path);
        Span<byte> first = remedyForBinary is null ? stackalloc byte[ByteOrderMark.Utf8.Length] : new byte[BinaryContent.LookedAt];
        int count = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        if (remedyForBinary is not null && BinaryContent.Find(first[..count]) is { } reason)
        {
            throw new InputException($"'{path}' does not look like text: {reason}. If it is text, convert it to UTF-8; if not, {remedyForBinary}")
            {
                Remedies = [new("corpus.path", path), new("corpus.vocabulary.kind", ByteVocabulary.KindName)],
            };
        }
        int skip = rules.SkipByteOrderMark && first[..count].StartsWith(ByteOrderMark.Utf8) ? ByteOrderMark.Utf8.Length : 0;
        stream.Position = Math.Max(0, stream.Length - 1);
        return new SourcePart(path, skip, stream.Length - skip, file.LastWriteTimeUtc.Ticks, EndsLine: stream.ReadByte() == '\n', () => Open(path));
    }

    /// <summary>The file that a path leads to.</summary>
    /// <exception cref="IOException">It is a link that leads nowhere, or in a circle.</exception>
    private static FileInfo Target(string path) => RegularFile.Target(path) switch
    {
        null => new FileInfo(path),
        FileInfo { Exists: true } target => target,
        _ => throw new IOException($"it is a link to '{new FileInfo(path).LinkTarget}', which leads to no file"),
    };

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.SequentialScan);
}
