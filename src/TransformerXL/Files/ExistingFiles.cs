namespace TransformerXL.Files;

/// <summary>Protects files of other programs from being overwritten.</summary>
internal static class ExistingFiles
{
    private static ReadOnlySpan<byte> PageBegins => "<!DOCTYPE html>"u8;

    private static ReadOnlySpan<byte> VectorsBegin => "{\"index\":0,"u8;

    private static ReadOnlySpan<byte> MatrixBegins => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    private static ReadOnlySpan<byte> TableBegins => "PAR1"u8;

    private static ReadOnlySpan<byte> MeasurementsBegin => "{\n  \"version\": 1,\n  \"processor\":"u8;

    /// <summary>Refuses to replace a file that is not an HTML page, and a page in a folder that does not exist.</summary>
    /// <param name="path">The page to write.</param>
    /// <exception cref="InputException">The file exists and is something else, or its folder does not exist.</exception>
    public static void RequirePage(string path)
    {
        Require.That(Begin(path) is not { } found || found.AsSpan().StartsWith(PageBegins), $"'{path}' exists and is not a page; name another file");
        RequireFolder(path);
    }

    /// <summary>Refuses to replace a file that is not empty and holds no vectors of an earlier call. Devices and pipes are written into.</summary>
    /// <param name="path">The file to write.</param>
    /// <exception cref="InputException">The file exists and is something else, or its folder does not exist.</exception>
    public static void RequireVectors(string path)
    {
        Require.That(
            RegularFile.IsDeviceOrPipe(path) || Begin(path) is not { Length: > 0 } found || found.AsSpan().StartsWith(VectorsBegin) || found.AsSpan().StartsWith(MatrixBegins) || found.AsSpan().StartsWith(TableBegins), $"{path} exists and holds no vectors; name another file");
        RequireFolder(path);
    }

    /// <summary>Refuses to replace a file that is not empty and holds no saved measurements.</summary>
    /// <param name="path">The file to write.</param>
    /// <exception cref="InputException">The file exists and is something else, or its folder does not exist.</exception>
    public static void RequireMeasurements(string path)
    {
        Require.That(Begin(path) is null or [] || Begin(path).AsSpan().StartsWith(MeasurementsBegin), $"'{path}' exists and holds no saved measurements; name another file");
        RequireFolder(path);
    }

    private static void RequireFolder(string path)
    {
        Require.Path(path);
        Require.That(Path.GetDirectoryName(Path.GetFullPath(path)) is not { } folder || Directory.Exists(folder), $"'{path}' cannot be written: its folder does not exist");
    }

    /// <summary>The first bytes of a file; null if there is none.</summary>
    private static byte[]? Begin(string path)
    {
        const int Count = 64;
        ArgumentNullException.ThrowIfNull(path);
        Require.That(!Directory.Exists(path), $"'{path}' is a folder; name a file");
        if (!File.Exists(path))
        {
            return null;
        }

        RegularFile.Require(path);
        byte[] begin = new byte[Count];
        using FileStream stream = File.OpenRead(path);
        return begin[..stream.ReadAtLeast(begin, Count, throwOnEndOfStream: false)];
    }

    /// <summary>Rejects a folder that holds anything other than the given files and temporary files of killed processes.</summary>
    /// <param name="folder">The folder to fill.</param>
    /// <param name="own">Names of files and folders that may already exist.</param>
    /// <exception cref="InputException">It holds something else, or is a file.</exception>
    public static void RequireNothingElse(string folder, params IReadOnlyCollection<string> own)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Require.That(!File.Exists(folder), $"'{folder}' is a file; name a folder");
        string? other = Directory.Exists(folder)
            ? Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).FirstOrDefault(name => !own.Contains(name) && !AtomicFile.IsTemporary(name!, null))
            : null;
        Require.That(other is null, $"'{folder}' holds '{other}' already; name a new or an empty folder");
    }
}
