using System.Security.Cryptography;

namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// A text that encoder and decoder read before the first byte: C# sources, XML documentation, Markdown and English prose of this project. A file names it by its hash, so <c>Primer.txt</c> is a
/// part of the format and must not change.
/// </summary>
internal static class Primer
{
    /// <summary>Bytes of the hash in a header.</summary>
    public const int HashBytes = 8;

    private static readonly byte[] s_text = Read();

    /// <summary>The text.</summary>
    public static ReadOnlySpan<byte> Text => s_text;

    /// <summary>The first bytes of its SHA-256.</summary>
    public static byte[] Hash() => SHA256.HashData(s_text)[..HashBytes];

    private static byte[] Read()
    {
        using Stream stream = typeof(Primer).Assembly.GetManifestResourceStream("Primer.txt")!;
        byte[] text = new byte[stream.Length];
        stream.ReadExactly(text);
        return text;
    }
}
