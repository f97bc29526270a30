using System.Buffers.Binary;
using System.IO.Hashing;

namespace TransformerXL.Compression.Container;

/// <summary>Reads a compressed file from beginning to end, counts its bytes, and computes a CRC of what was read since the last one.</summary>
internal sealed class CheckedReader(Stream input)
{
    private readonly Crc32 _crc = new();
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _begin, _end;

    /// <summary>Bytes read.</summary>
    public long Position { get; private set; }

    /// <summary>CRC-32 of the bytes since the last <see cref="ReadCrcAsync"/>.</summary>
    public uint Crc => _crc.GetCurrentHashAsUInt32();

    /// <summary>Reads a byte.</summary>
    /// <exception cref="InputException">The file ends.</exception>
    public async ValueTask<byte> ReadByteAsync(CancellationToken cancellationToken) => (await ReadAsync(1, cancellationToken).ConfigureAwait(false))[0];

    /// <summary>Reads so many bytes.</summary>
    /// <exception cref="InputException">The file ends.</exception>
    public async ValueTask<byte[]> ReadAsync(int count, CancellationToken cancellationToken)
    {
        byte[] bytes = await ReadUpToAsync(count, cancellationToken).ConfigureAwait(false);
        Require.That(bytes.Length == count, "it ends too early: a part of the file is missing");
        return bytes;
    }

    /// <summary>Reads so many bytes, or those that are left.</summary>
    public async ValueTask<byte[]> ReadUpToAsync(int count, CancellationToken cancellationToken)
    {
        // Memory is taken as bytes arrive: a length in a damaged file is no reason to allocate.
        byte[] bytes = new byte[Math.Min(count, _buffer.Length)];
        int have = 0;
        while (have < count)
        {
            if (_begin == _end)
            {
                (_begin, _end) = (0, await input.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false));
                if (_end == 0)
                {
                    break;
                }
            }

            int part = Math.Min(count - have, _end - _begin);
            if (have + part > bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(count, Math.Max(have + part, bytes.Length * 2L)));
            }

            _buffer.AsSpan(_begin, part).CopyTo(bytes.AsSpan(have));
            (_begin, have) = (_begin + part, have + part);
        }

        Array.Resize(ref bytes, have);
        Position += have;
        _crc.Append(bytes);
        return bytes;
    }

    /// <summary>Reads a number of 7 bits a byte, the lowest first.</summary>
    /// <exception cref="InputException">The file ends, or the number is too large.</exception>
    public async ValueTask<long> ReadNumberAsync(long max, CancellationToken cancellationToken)
    {
        long value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = await ReadByteAsync(cancellationToken).ConfigureAwait(false);
            value |= (long)(part & 127) << shift;
            Require.That(shift <= 56 && value >= 0 && value <= max, $"it is damaged: a number is above its limit {max}");
            if (part < 128)
            {
                return value;
            }
        }
    }

    /// <summary>Reads a CRC-32, and begins another one after it.</summary>
    /// <exception cref="InputException">The file ends.</exception>
    public async ValueTask<uint> ReadCrcAsync(CancellationToken cancellationToken)
    {
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(await ReadAsync(4, cancellationToken).ConfigureAwait(false));
        _crc.Reset();
        return crc;
    }
}
