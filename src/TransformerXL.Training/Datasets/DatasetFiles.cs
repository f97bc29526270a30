using System.IO.Compression;
using TransformerXL.Files;

namespace TransformerXL.Training.Datasets;

/// <summary>The files of a path: those of a folder, those of a zip or tar archive (perhaps gzipped), or a single file. The first bytes determine the format, not the name.</summary>
internal static class DatasetFiles
{
    private const int TarMagicOffset = 257;

    /// <exception cref="InputException">There is nothing at the path, or it cannot be read.</exception>
    public static IEnumerable<DatasetEntry> Of(string path)
    {
        if (Directory.Exists(path))
        {
            return OfFolder(path);
        }

        if (!File.Exists(path))
        {
            throw new InputException($"there is no file or folder '{path}'");
        }

        RegularFile.Require(path);
        byte[] begin = new byte[TarMagicOffset + 5];
        using (FileStream stream = Open(path))
        {
            stream.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false);
        }

        return begin switch
        {
            [(byte)'P', (byte)'K', 3, 4, ..] => OfZip(path),
            [0x1F, 0x8B, ..] => OfGzip(path),
            _ when IsTar(begin) => OfTar(() => Open(path), path),
            _ => [new DatasetEntry(Path.GetFileName(path), () => Open(path))],
        };
    }

    private static IEnumerable<DatasetEntry> OfFolder(string folder) => Directory
        .EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4 })
        .Order(StringComparer.Ordinal)
        .Select(file => new DatasetEntry(Path.GetFileName(file), () => Open(file)));

    private static IEnumerable<DatasetEntry> OfZip(string path)
    {
        using ZipArchive archive = new(Open(path), ZipArchiveMode.Read);
        foreach (ZipArchiveEntry entry in archive.Entries.Where(entry => entry.Name.Length > 0))
        {
            yield return new DatasetEntry(PlainName(entry.FullName), entry.Open);
        }
    }

    /// <summary>A gzipped archive, or a single gzipped file.</summary>
    private static IEnumerable<DatasetEntry> OfGzip(string path)
    {
        byte[] begin = new byte[TarMagicOffset + 5];
        using (Stream stream = OpenGzip(path))
        {
            stream.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false);
        }

        return IsTar(begin) ? OfTar(() => OpenGzip(path), path) : [new DatasetEntry(Path.GetFileNameWithoutExtension(path), () => OpenGzip(path))];
    }

    private static IEnumerable<DatasetEntry> OfTar(Func<Stream> open, string path)
    {
        using Stream archive = open();
        foreach (DatasetEntry entry in new TarFile(archive, path).Files())
        {
            yield return entry with { Name = PlainName(entry.Name) };
        }
    }

    private static bool IsTar(byte[] begin) => begin.AsSpan(TarMagicOffset, 5).SequenceEqual("ustar"u8);

    private static string PlainName(string name) => name[(name.LastIndexOfAny(['/', '\\']) + 1)..];

    private static GZipStream OpenGzip(string path) => new(Open(path), CompressionMode.Decompress);

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
}
