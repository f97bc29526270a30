namespace TransformerXL.Data;

/// <summary>Lists the files behind a path in an order that does not depend on the machine.</summary>
internal static class TextSourceFinder
{
    /// <param name="path">A file or a folder.</param>
    /// <param name="skipByteOrderMark">Whether a UTF-8 byte order mark at the beginning of a file is left out.</param>
    /// <param name="hasLines">Whether files that end with a newline are joined as they are.</param>
    /// <exception cref="InputException">There is nothing at the path, it cannot be read, or it holds no text.</exception>
    public static TextSource Find(string path, bool skipByteOrderMark, bool hasLines)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return FindFolder(path, skipByteOrderMark, hasLines);
            }
            if (!File.Exists(path))
            {
                throw new InputException($"there is no file or folder '{path}'");
            }
            SourcePart part = Describe(path, skipByteOrderMark);
            return part.Length > 0 ? new TextSource(path, [part], hasLines) : throw new InputException($"the file '{path}' is empty (or no regular file); text is needed");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }

    private static TextSource FindFolder(string folder, bool skipByteOrderMark, bool hasLines)
    {
        var files = new List<string>();
        Collect(new DirectoryInfo(folder), "", files);
        if (files.Count == 0)
        {
            throw new InputException($"the folder '{folder}' holds no files (names that begin with a dot are left out)");
        }
        files.Sort(StringComparer.Ordinal);
        SourcePart[] parts = [.. files.Select(file => Describe(Path.Combine(folder, file), skipByteOrderMark)).Where(part => part.Length > 0)];
        return parts.Length > 0 ? new TextSource(folder, parts, hasLines) : throw new InputException($"all {files.Count} files in the folder '{folder}' are empty; text is needed");
    }

    private static void Collect(DirectoryInfo folder, string prefix, List<string> files)
    {
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos().Where(entry => !entry.Name.StartsWith('.')))
        {
            if (entry is not DirectoryInfo directory)
            {
                files.Add(prefix + entry.Name);
            }
            // A link to a folder could lead back up, and the walk would not end.
            else if (directory.LinkTarget is null)
            {
                Collect(directory, $"{prefix}{entry.Name}/", files);
            }
        }
    }

    private static SourcePart Describe(string path, bool skipByteOrderMark)
    {
        FileInfo file = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        // Pipes and devices have length 0, and opening one could wait for ever.
        if (file.Length == 0)
        {
            return new SourcePart(path, 0, 0, 0, EndsLine: false, () => Stream.Null);
        }
        using FileStream stream = Open(path);
        Span<byte> first = stackalloc byte[3];
        int count = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        int skip = skipByteOrderMark && first[..count].SequenceEqual(ByteOrderMark.Utf8) ? count : 0;
        stream.Position = Math.Max(0, stream.Length - 1);
        return new SourcePart(path, skip, stream.Length - skip, file.LastWriteTimeUtc.Ticks, EndsLine: stream.ReadByte() == '\n', () => Open(path));
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.SequentialScan);
}
