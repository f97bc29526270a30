using TransformerXL.Files;

namespace TransformerXL.Compression.Archives;

/// <summary>What goes into an archive: files and folders that a user has named, and all that the folders hold, in a fixed order.</summary>
internal sealed class ArchiveSource
{
    private ArchiveSource(List<(ArchiveEntry Entry, string Path)> entries) => Entries = entries;

    /// <summary>The entries with the paths that they are read from.</summary>
    public IReadOnlyList<(ArchiveEntry Entry, string Path)> Entries { get; }

    /// <summary>Bytes of the archive before it is compressed.</summary>
    public long Length => Entries.Sum(entry => entry.Entry.ToBytes().Length + entry.Entry.Length) + 1;

    /// <summary>Lists what is to be read.</summary>
    /// <param name="paths">Files and folders. An entry is named as the last part of the path.</param>
    /// <exception cref="InputException">A path does not exist, cannot be listed, names something that is neither file nor folder, or two have the same name.</exception>
    public static ArchiveSource Of(IEnumerable<string> paths)
    {
        List<(ArchiveEntry, string)> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            Require.That(name.Length > 0, $"'{path}' has no name that an archive could hold; name the files and folders in it");
            Require.That(names.Add(name), $"two of the inputs are named '{name}'; an archive keeps the last part of a path only");
            try
            {
                Add(entries, path, name);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
            }
        }

        return new ArchiveSource(entries);
    }

    private static void Add(List<(ArchiveEntry, string)> entries, string path, string name)
    {
        Require.That(System.Text.Encoding.UTF8.GetByteCount(name) <= ArchiveEntry.MaxNameBytes, $"the path '{path}' is longer than an archive can hold");
        if (Directory.Exists(path))
        {
            AddFolder(entries, new DirectoryInfo(path), name);
            return;
        }

        FileInfo file = new(path);
        Require.That(file.Exists, $"'{path}' does not exist");
        FileSystemInfo target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        Require.That(target.Exists, $"'{path}' is a link to '{file.LinkTarget}', which leads nowhere; remove it, or name what the archive is to hold");
        RegularFile.Require(path);
        Require.That(
            target is FileInfo && (target.Attributes & (FileAttributes.Device | FileAttributes.Directory)) == 0 && !RegularFile.IsDeviceOrPipe(path),
            $"'{path}' is no regular file; an archive holds files and folders only");
        bool executable = !OperatingSystem.IsWindows() && (target.UnixFileMode & UnixFileMode.UserExecute) != 0;
        entries.Add((new ArchiveEntry(name, false, executable, Seconds(target), ((FileInfo)target).Length), path));
    }

    private static void AddFolder(List<(ArchiveEntry, string)> entries, DirectoryInfo folder, string name)
    {
        entries.Add((new ArchiveEntry(name, true, false, Seconds(folder), 0), folder.FullName));
        foreach (FileSystemInfo item in ItemsOf(folder))
        {
            Require.That(
                item.Exists || !item.Name.Contains('\uFFFD', StringComparison.Ordinal),
                $"'{folder.FullName}' holds a name that is not UTF-8, shown as '{item.Name}'; an archive keeps names in UTF-8, so rename it");
            Require.That(
                item is FileInfo || item.LinkTarget is null,
                $"'{item.FullName}' is a link to a folder, which an archive does not follow; name the folder itself");
            Add(entries, item.FullName, $"{name}/{item.Name}");
        }
    }

    private static IEnumerable<FileSystemInfo> ItemsOf(DirectoryInfo folder)
    {
        try
        {
            return folder.GetFileSystemInfos().OrderBy(item => item.Name, StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{folder.FullName}' cannot be read: {FileFault.Reason(exception)}", exception);
        }
    }

    private static long Seconds(FileSystemInfo item) => new DateTimeOffset(item.LastWriteTimeUtc).ToUnixTimeSeconds();
}
