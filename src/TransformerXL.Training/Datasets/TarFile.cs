using TransformerXL.Files;

namespace TransformerXL.Training.Datasets;

/// <summary>
/// The regular files of a tar archive in the formats ustar, pax and GNU, streamed in order. The framework's reader reads
/// the extended header of an entry into memory whatever its claimed length; here every length is checked before anything is read.
/// </summary>
internal sealed class TarFile(Stream archive, string path)
{
    /// <summary>The maximum size in bytes of an extended header, which holds a name and numbers.</summary>
    public const int MaxExtendedBytes = 1 << 20;

    /// <summary>Maximum number of extended headers before one file.</summary>
    private const int MaxExtendedHeaders = 16;

    private readonly byte[] _block = new byte[TarHeader.Bytes];

    /// <summary>Enumerates the files; the content of one can be read until the next one is requested.</summary>
    /// <exception cref="InputException">The archive is damaged, cut short, or uses a feature that is not supported.</exception>
    public IEnumerable<DatasetEntry> Files()
    {
        TarExtension next = new(), common = new();
        int extended = 0;
        while (ReadHeader() is { } header)
        {
            long size = next.Size ?? common.Size ?? header.Size;
            if (header.IsExtended)
            {
                extended++;
                Require.That(extended <= MaxExtendedHeaders, $"'{path}': a file has more than {MaxExtendedHeaders} extended headers");
                Apply(header, header.Type == 'g' ? common : next, ReadExtended(header.Size));
                continue;
            }

            string name = next.Name ?? common.Name ?? header.Name;
            Require.That(header.Type != 'S' && !next.IsSparse && !common.IsSparse, $"'{path}': '{InputText.Show(name)}' is stored as a sparse file, which is not supported; unpack the archive and name its folder");
            (next, extended) = (new TarExtension(), 0);
            using TarContent content = new(archive, header.HasContent ? size : 0, path, name);
            if (header.IsFile)
            {
                yield return new DatasetEntry(name, () => content);
            }

            content.Finish();
        }
    }

    /// <summary>The next header; null at the end: a block of zeros, or the end of the stream between files.</summary>
    private TarHeader? ReadHeader()
    {
        int read = archive.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);
        Require.That(read == 0 || read == _block.Length, $"'{path}' is cut short: a header has {read} of {_block.Length} bytes");
        return read == 0 || !_block.AsSpan().ContainsAnyExcept((byte)0) ? null : TarHeader.Read(_block, path);
    }

    private byte[] ReadExtended(long size)
    {
        Require.That(size <= MaxExtendedBytes, $"'{path}': an extended header claims {size} bytes; at most {MaxExtendedBytes} are accepted");
        byte[] bytes = new byte[size];
        using TarContent content = new(archive, size, path, "an extended header");
        content.ReadExactly(bytes);
        content.Finish();
        return bytes;
    }

    private void Apply(TarHeader header, TarExtension extension, byte[] bytes)
    {
        switch (header.Type)
        {
            case 'L':
                extension.Name = TarHeader.Text(bytes);
                break;
            case 'x' or 'g':
                extension.AddRecords(bytes, path);
                break;
        }
    }
}
