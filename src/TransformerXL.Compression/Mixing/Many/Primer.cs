using System.Security.Cryptography;

namespace TransformerXL.Compression.Mixing.Many;

/// <summary>A text that encoder and decoder read before the first byte. A file names it by its hash, so primers are a part of the format and must not change.</summary>
internal sealed class Primer
{
    /// <summary>Bytes of the hash in a header.</summary>
    public const int HashBytes = 8;

    private static readonly Lazy<Primer> s_texts = new(() => new(ReadTexts()));
    private static readonly Lazy<Primer> s_wordsAndTexts = new(() => new([.. BrotliDictionary.Words().Where(IsPrintable).SelectMany(word => word.Append((byte)' ')), .. Texts.Text]));
    private static readonly Lazy<Primer> s_moreWordsAndTexts = new(() => new([.. Gpt2Vocabulary.Words().SelectMany(word => word), .. WordsAndTexts.Text]));
    private readonly byte[] _text;

    private Primer(byte[] text) => (_text, Hash) = (text, SHA256.HashData(text)[..HashBytes]);

    /// <summary>C# sources, XML documentation, Markdown and English prose of this project: <c>Primer.txt</c>. Files were compressed with it before there was <see cref="WordsAndTexts"/>.</summary>
    public static Primer Texts => s_texts.Value;

    /// <summary>The words of Brotli's dictionary in ASCII, with a space after each, and <see cref="Texts"/>. Earlier versions wrote files with it.</summary>
    public static Primer WordsAndTexts => s_wordsAndTexts.Value;

    /// <summary>The words of GPT-2's vocabulary, with a space before each, and <see cref="WordsAndTexts"/>.</summary>
    public static Primer MoreWordsAndTexts => s_moreWordsAndTexts.Value;

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>The first bytes of its SHA-256.</summary>
    public byte[] Hash { get; }

    /// <summary>The primer of a hash; null if there is none.</summary>
    public static Primer? Find(ReadOnlySpan<byte> hash) =>
        hash.SequenceEqual(MoreWordsAndTexts.Hash) ? MoreWordsAndTexts : hash.SequenceEqual(WordsAndTexts.Hash) ? WordsAndTexts : hash.SequenceEqual(Texts.Hash) ? Texts : null;

    private static bool IsPrintable(byte[] word) => word.All(value => value is >= (byte)' ' and <= (byte)'~');

    private static byte[] ReadTexts()
    {
        using Stream stream = typeof(Primer).Assembly.GetManifestResourceStream("Primer.txt")!;
        byte[] text = new byte[stream.Length];
        stream.ReadExactly(text);
        return text;
    }
}
