using System.Buffers;
using System.IO.Compression;

namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// The words of the static dictionary of Brotli (RFC 7932, appendix A): 13,504 frequent words of texts and web pages, which every decoder of Brotli knows. They are read from the framework's decoder,
/// by a stream that copies each of them once.
/// </summary>
internal static class BrotliDictionary
{
    /// <summary>Words of each length are numbered by as many bits (NDBITS of the RFC).</summary>
    private static ReadOnlySpan<byte> IndexBits => [0, 0, 0, 0, 10, 10, 11, 11, 10, 10, 10, 10, 10, 9, 9, 8, 7, 7, 8, 7, 7, 6, 6, 5, 5];

    /// <summary>All words, the shortest first.</summary>
    public static IReadOnlyList<byte[]> Words()
    {
        List<int> lengths = [];
        byte[] stream = CreateStream(lengths);
        byte[] text = new byte[lengths.Sum()];
        if (!BrotliDecoder.TryDecompress(stream, text, out int written) || written != text.Length)
        {
            throw new InvalidOperationException("the framework's decoder of Brotli did not give its dictionary");
        }

        List<byte[]> words = new(lengths.Count);
        int place = 0;
        foreach (int length in lengths)
        {
            words.Add(text[place..(place + length)]);
            place += length;
        }

        return words;
    }

    /// <summary>A stream of one meta-block for each word: one command that inserts no literal and copies from beyond the window, where the dictionary is.</summary>
    private static byte[] CreateStream(List<int> lengths)
    {
        const int Window = (1 << 16) - 16;
        BitWriter bits = new();
        bits.Write(0, 1); // WBITS: 16.
        int produced = 0;
        for (int length = 4; length < IndexBits.Length; length++)
        {
            for (int index = 0; index < 1 << IndexBits[length]; index++, produced += length)
            {
                lengths.Add(length);
                WriteCopy(bits, length, Math.Min(produced, Window) + 1 + index);
            }
        }

        bits.Write(0b11, 2); // ISLAST and ISLASTEMPTY.
        return bits.ToArray();
    }

    private static void WriteCopy(BitWriter bits, int length, int distance)
    {
        // Section 5: copy codes 0 to 7 are the lengths 2 to 9; those after them have extra bits. Insert code 0 inserts nothing.
        (int copyCode, int copyBits, int copyBase) = length switch
        {
            < 10 => (length - 2, 0, length),
            < 14 => (8 + ((length - 10) / 2), 1, length & ~1),
            < 22 => (10 + ((length - 14) / 4), 2, length - ((length - 14) % 4)),
            _ => (12, 3, 22),
        };
        int command = copyCode < 8 ? 128 + copyCode : 192 + copyCode - 8;

        // Section 4, without direct codes and postfix: code 16 + 2 (n - 1) + h has n extra bits, and distance + 3 = (2 + h) 2^n + extra.
        int value = distance + 3, extraBits = int.Log2(value) - 1, half = (value >> extraBits) & 1;

        bits.Write(0, 3); // ISLAST; MNIBBLES: 4.
        bits.Write(length - 1, 16); // MLEN - 1.
        bits.Write(0, 1); // ISUNCOMPRESSED.
        bits.Write(0, 3); // One block type each of literals, commands and distances.
        bits.Write(0, 6); // NPOSTFIX and NDIRECT.
        bits.Write(0, 2); // The context mode of literals.
        bits.Write(0, 2); // One tree each of literals and distances.
        WriteOnlySymbol(bits, 0, 8);
        WriteOnlySymbol(bits, command, 10);
        WriteOnlySymbol(bits, 16 + (2 * (extraBits - 1)) + half, 6);
        bits.Write(length - copyBase, copyBits);
        bits.Write(value - ((2 + half) << extraBits), extraBits);
    }

    /// <summary>A simple prefix code of one symbol, which then takes no bits (section 3.4).</summary>
    private static void WriteOnlySymbol(BitWriter bits, int symbol, int symbolBits)
    {
        bits.Write(0b0001, 4);
        bits.Write(symbol, symbolBits);
    }

    /// <summary>Writes bits from the lowest of each byte.</summary>
    private sealed class BitWriter
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();
        private ulong _pending;
        private int _count;

        public void Write(int value, int bits)
        {
            _pending |= (ulong)(uint)value << _count;
            for (_count += bits; _count >= 8; _count -= 8, _pending >>= 8)
            {
                _bytes.GetSpan(1)[0] = (byte)_pending;
                _bytes.Advance(1);
            }
        }

        public byte[] ToArray()
        {
            Write(0, (8 - _count) & 7);
            return _bytes.WrittenSpan.ToArray();
        }
    }
}
