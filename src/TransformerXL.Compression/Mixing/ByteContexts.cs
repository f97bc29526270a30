namespace TransformerXL.Compression.Mixing;

/// <summary>The contexts of the next byte that the predictor looks up, as hashes.</summary>
internal static class ByteContexts
{
    /// <summary>How many there are, with the one of the expected byte, which is the last.</summary>
    public const int Count = 15;

    /// <summary>How many the fast profile has, with the one of the expected byte.</summary>
    public const int FewCount = 6;

    /// <summary>Computes all but the last, which is that of the expected byte: as many as there is room for.</summary>
    public static void Compute(StreamHistory stream, byte[] history, Span<uint> hashes)
    {
        ulong last = stream.Last;
        hashes[0] = Hash(0, last & 0xffff);
        hashes[1] = Hash(1, last & 0xffffff);
        hashes[2] = Hash(2, last & 0xffffffff);
        hashes[3] = Hash(3, last & 0xffffffffffff);
        hashes[4] = Hash(4, stream.Word | ((last & 255) << 32));
        if (hashes.Length <= FewCount)
        {
            return;
        }

        ulong above = stream.AboveStart + stream.Column < stream.LineStart && stream.Position - stream.AboveStart < history.Length
            ? history[(int)(stream.AboveStart + stream.Column) & (history.Length - 1)] : 0u;
        hashes[5] = Hash(5, last & 0xffffffffff);
        hashes[6] = Hash(6, last);
        hashes[7] = Hash(7, stream.Word | ((ulong)stream.Word1 << 32));
        hashes[8] = Hash(8, (stream.Word + (stream.Word2 * 0x9E3779B1u)) | ((ulong)stream.Word1 << 32));
        hashes[9] = Hash(9, last & 0xffff00);
        hashes[10] = Hash(10, last & 0xf0f0ffff);
        hashes[11] = Hash(11, above | ((last & 255) << 8));
        hashes[12] = Hash(12, stream.Tag | ((last & 0xffff) << 32));
        hashes[13] = Hash(13, (uint)Math.Min(stream.Column, 255) | ((ulong)stream.FirstByte << 8) | ((last & 255) << 16));
    }

    /// <summary>A coarse class of a byte, from 0 to 15.</summary>
    public static int Class(int value) => value switch
    {
        '\n' => 0,
        ' ' => 1,
        >= 'a' and <= 'z' => value is 'a' or 'e' or 'i' or 'o' or 'u' ? 2 : 3,
        >= 'A' and <= 'Z' => 4,
        >= '0' and <= '9' => 5,
        '.' or ',' or ';' or ':' or '!' or '?' => 6,
        '<' or '>' or '/' or '=' => 7,
        '(' or ')' or '[' or ']' or '{' or '}' => 8,
        '"' or '\'' => 9,
        < 32 => 10,
        < 128 => 11,
        < 192 => 12,
        < 224 => 13,
        < 255 => 14,
        _ => 15,
    };

    /// <summary>A hash of a context's bytes and its number.</summary>
    public static uint Hash(int context, ulong value)
    {
        ulong mixed = (value + ((ulong)(context + 1) * 0x9E3779B97F4A7C15UL)) * 0xD6E8FEB86659FD93UL;
        return (uint)((mixed ^ (mixed >> 32)) * 0x9E3779B1u) ^ (uint)(mixed >> 40);
    }
}
