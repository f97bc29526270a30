using System.Formats.Tar;
using System.IO.Compression;
using TransformerXL.Training.Datasets;

namespace TransformerXL.Fuzz;

/// <summary>Archives of data sets: zip, tar, gzipped tar, a gzipped file.</summary>
internal static class ArchiveTargets
{
    /// <summary>A small archive may hold much text; a run does not wait for all of it.</summary>
    private const int MaxBytes = 1 << 20;

    public static IEnumerable<FuzzTarget> All =>
    [
        new("zip", Read, Zips),
        new("tar", Read, Tars),
        new("tar.gz", Read, () => Tars().Select(Gzip).Append(Gzip("text\n"u8.ToArray()))),
    ];

    /// <summary>What the framework's readers throw for damaged archives <see cref="DatasetPreparation"/> turns into an <see cref="InputException"/>.</summary>
    private static void Read(byte[] input)
    {
        try
        {
            ReadAll(input);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new InputException(exception.Message, exception);
        }
    }

    private static void ReadAll(byte[] input)
    {
        byte[] buffer = new byte[1 << 14];
        int left = MaxBytes;
        foreach (DatasetEntry entry in DatasetFiles.Of(FuzzFolder.File("archive", input)).Take(64))
        {
            using Stream stream = entry.Open();
            for (int read = 1; read > 0 && left > 0; left -= read)
            {
                read = stream.Read(buffer);
            }
        }
    }

    private static IEnumerable<byte[]> Zips()
    {
        foreach (CompressionLevel level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
        {
            yield return Tests.Formats.PickleWriter.ZipOf(level, ("data/wiki.train.tokens", "some text\n"u8.ToArray()), ("wiki.test.tokens", "more text\n"u8.ToArray()));
        }
    }

    private static IEnumerable<byte[]> Tars()
    {
        foreach (TarEntryFormat format in new[] { TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu })
        {
            using MemoryStream stream = new();
            using (TarWriter writer = new(stream, format, leaveOpen: true))
            {
                string folder = format == TarEntryFormat.Ustar ? "data/" : "data/" + new string('x', 120) + "/";
                Add(writer, format, folder + "ptb.train.txt", "some text\n");
                Add(writer, format, folder + "ptb.valid.txt", "more text\n");
            }

            yield return stream.ToArray();
        }
    }

    private static void Add(TarWriter writer, TarEntryFormat format, string name, string text)
    {
        MemoryStream content = new(System.Text.Encoding.ASCII.GetBytes(text));
        TarEntry entry = format switch
        {
            TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content },
            TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content },
            _ => new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = content },
        };
        writer.WriteEntry(entry);
    }

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return stream.ToArray();
    }
}
