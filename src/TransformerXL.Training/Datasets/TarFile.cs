using TransformerXL.Files;

namespace TransformerXL.Training.Datasets;

/// <summary>
/// The regular files of a tar archive in the forms ustar, pax and GNU, one after the other from a stream. The framework's reader takes
/// the extended header of an entry into memory whatever length it claims; here every length is bounded before anything is read.
/// </summary>
internal sealed class TarFile(Stream archive, string path)
{
    /// <summary>The most bytes of an extended header, which holds a name and numbers.</summary>
    public const int MaxExtendedBytes = 1 << 20;

    /// <summary>Extended headers before one file, at most.</summary>
    private const int MaxExtendedHeaders = 16;

    private readonly byte[] _block = new byte[TarHeader.Bytes];

    /// <summary>Hands out each file; its content can be read until the next one is asked for.</summary>
    /// <exception cref="InputException">The archive is damaged, cut short, or holds something that is not read.</exception>
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
                Require.That(extended <= MaxExtendedHeaders, $"'{path}': more than {MaxExtendedHeaders} extended headers stand before one file");
                Apply(header, header.Type == 'g' ? common : next, ReadExtended(header.Size));
                continue;
            }

            string name = next.Name ?? common.Name ?? header.Name;
            Require.That(header.Type != 'S' && !next.IsSparse && !common.IsSparse, $"'{path}': '{InputText.Show(name)}' is stored as a sparse file, which is not read; unpack the archive and name its folder");
            (next, extended) = (new TarExtension(), 0);
            using TarContent content = new(archive, header.HasContent ? size : 0, path, name);
            if (header.IsFile)
            {
                yield return new DatasetEntry(name, () => content);
            }

            content.Finish();
        }
    }

    /// <summary>The next header; null at the end, which is a block of zeros or where the stream ends between files.</summary>
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
