using System.Globalization;

namespace TransformerXL.Files;

/// <summary>
/// The checksums of the tensors of a safetensors file, which the format itself lacks: CRC-32C of the bytes of each tensor, in hexadecimal, in the
/// order of the data, separated by spaces, under <c>tensors_crc32c</c> in the metadata. Other programs ignore them.
/// </summary>
internal static class SafetensorsChecksums
{
    public const string Key = "tensors_crc32c";

    private const int Digits = 2 * sizeof(uint);

    /// <summary>The text for the metadata.</summary>
    /// <param name="items">The tensors in the order of the data; each is written once for its checksum.</param>
    public static string Of(IEnumerable<SafetensorsItem> items) => string.Join(' ', items.Select(item =>
    {
        using var stream = new ChecksumStream();
        item.Write(stream);
        return stream.Checksum.ToString($"x{Digits}", CultureInfo.InvariantCulture);
    }));

    /// <summary>The checksums that a file names, one for each tensor; null if it names none.</summary>
    /// <exception cref="InputException">They are not as many as the tensors, or no hexadecimal numbers.</exception>
    public static uint[]? Parse(string file, IReadOnlyDictionary<string, string> metadata, int tensors)
    {
        if (!metadata.TryGetValue(Key, out string? text))
        {
            return null;
        }

        // The length is compared before anything of it is allocated.
        uint[] checksums = new uint[tensors];
        bool valid = text.Length == Math.Max(0, ((Digits + 1) * tensors) - 1);
        for (int i = 0; valid && i < tensors; i++)
        {
            int begin = (Digits + 1) * i;
            valid = (i == 0 || text[begin - 1] == ' ')
                && uint.TryParse(text.AsSpan(begin, Digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out checksums[i]);
        }

        Require.That(valid, $"'{file}' is damaged: the metadata '{Key}' are not {Counted.Of(tensors, "number")} of {Digits} hexadecimal digits, one for each tensor");
        return checksums;
    }

    /// <summary>Reads from another source and computes the checksum of what is read.</summary>
    public sealed class Source(ByteSource inner) : ByteSource
    {
        private Crc32C _checksum;

        public uint Checksum => _checksum.Value;

        public override string Name => inner.Name;

        public override long Length => inner.Length;

        public override void Read(long offset, Span<byte> destination)
        {
            inner.Read(offset, destination);
            _checksum.Append(destination);
        }

        // The inner source belongs to the file.
        public override void Dispose()
        {
        }
    }

    /// <summary>Keeps only the checksum of what is written.</summary>
    private sealed class ChecksumStream : WriteOnlyStream
    {
        private Crc32C _checksum;

        public uint Checksum => _checksum.Value;

        public override void Write(ReadOnlySpan<byte> buffer) => _checksum.Append(buffer);
    }
}
