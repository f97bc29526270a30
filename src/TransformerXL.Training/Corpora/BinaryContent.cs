namespace TransformerXL.Training.Corpora;

/// <summary>Detects from the first bytes that a file cannot be text.</summary>
internal static class BinaryContent
{
    /// <summary>Number of bytes that are checked. Compressed data of this length practically always contains a NUL.</summary>
    public const int LookedAt = 1 << 16;

    private static readonly (byte[] Begin, string Name)[] s_known =
    [
        ([0xFF, 0xFE], "UTF-16"), ([0xFE, 0xFF], "UTF-16"),
        ([.. "%PDF-"u8], "a PDF document"), ([.. "PK\x03\x04"u8], "a zip archive"), ([0x1F, 0x8B], "gzip"), ([.. "BZh"u8], "bzip2"),
        ([0xFD, .. "7zXZ\0"u8], "xz"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([.. "7z"u8, 0xBC, 0xAF], "a 7z archive"), ([.. "Rar!"u8, 0x1A], "a rar archive"),
        ([0x89, .. "PNG"u8], "a PNG picture"), ([0xFF, 0xD8, 0xFF], "a JPEG picture"), ([.. "GIF8"u8], "a GIF picture"),
        ([0x7F, .. "ELF"u8], "a program"), ([.. "TXLTOKEN"u8], "a token file of a run"), ([.. "TXLOPTIM"u8], "a file of best possible losses"),
    ];

    /// <summary>The reason why a file is not text; null if it may be text.</summary>
    public static string? Find(ReadOnlySpan<byte> begin)
    {
        foreach ((byte[] known, string name) in s_known)
        {
            if (begin.StartsWith(known))
            {
                return $"it begins like {name}";
            }
        }

        return begin.IndexOf((byte)0) is >= 0 and var position ? $"byte 0x00 at byte offset {position}" : null;
    }
}
