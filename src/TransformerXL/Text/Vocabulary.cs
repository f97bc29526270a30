using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>
/// A bijection between pieces of text (tokens) and ids <c>0 .. Count-1</c>. A token may cover part of a character
/// (bytes), one (characters) or several (words, byte pairs); therefore every encoder counts the Unicode code points
/// that it read, and bits per character are always <c>(sum of nll in nats) / ln 2 / characters</c>.
/// Instances are immutable and may be shared between threads.
/// </summary>
public abstract class Vocabulary
{
    private const int EncodeChunk = 1 << 14;
    private string? _fingerprint;

    /// <summary>The kind as written into <c>vocabulary.json</c>: <c>characters</c>, <c>bytes</c>, <c>words</c>, <c>byte-pairs</c>, <c>word-pieces</c> or <c>unigram</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Number of ids.</summary>
    public abstract int Count { get; }

    /// <summary>The unit of one token, in the singular: <c>character</c>, <c>byte</c>, <c>word</c> or <c>token</c>.</summary>
    public abstract string Unit { get; }

    /// <summary>The id of the unknown symbol; null if every text can be encoded.</summary>
    public abstract int? UnknownId { get; }

    /// <summary>
    /// The id of the token that ends a line: the newline, or the symbol for it (<c>&lt;eos&gt;</c>, <c>&lt;S&gt;</c>). In a text
    /// with one sentence per line, a sentence begins after it. Null if the tokens do not preserve lines.
    /// </summary>
    public virtual int? EndOfLineId => null;

    /// <summary>The id of a token that also precedes the first word of each line; null if there is none.</summary>
    public virtual int? StartOfLineId => null;

    /// <summary>
    /// The id of a special token that ends a text, such as <c>&lt;|endoftext|&gt;</c>, <c>&lt;/s&gt;</c> or <c>&lt;eos&gt;</c>; null if there is none. The end
    /// of a line is a separate token: see <see cref="EndOfLineId"/>.
    /// </summary>
    public virtual int? EndOfTextId => null;

    /// <summary>The id of the token that fills up what is shorter than its neighbours, such as <c>[PAD]</c>; null where there is none.</summary>
    public virtual int? PaddingId => null;

    /// <summary>The id of the token before or after a text, whose state stands for the whole text in an encoder, such as <c>[CLS]</c>; null where there is none.</summary>
    public virtual int? ClassId => null;

    /// <summary>The id of the token after a text, and between the two texts of a pair, such as <c>[SEP]</c>; null where there is none.</summary>
    public virtual int? SeparatorId => null;

    /// <summary>The id of the token in place of one that is to be predicted, such as <c>[MASK]</c>; null where there is none.</summary>
    public virtual int? MaskId => null;

    /// <summary>
    /// Whether <see cref="ClassId"/> comes at the end of a text, after the last separator, as in XLNet: <c>text &lt;sep&gt; &lt;cls&gt;</c>. A question then comes after the text that it is about.
    /// </summary>
    public virtual bool ClassIsLast => false;

    /// <summary>Number of separators (<see cref="SeparatorId"/>) between the two texts of a pair: 1 in BERT, 2 in RoBERTa.</summary>
    public virtual int PairSeparators => 1;

    /// <summary>Whether decoded tokens are the text, so that they have a number of bytes and characters. Not where white space and unknown words are gone.</summary>
    internal virtual bool KeepsText => true;

    /// <summary>Whether the white space before a mask belongs to the mask.</summary>
    internal virtual bool MaskTakesSpaceBefore => false;

    /// <summary>The usual names of end-of-text tokens, the more specific first.</summary>
    private protected static string[] EndOfTextNames => ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[EOS]"];

    /// <summary>True if any sequence of bytes can be encoded; false if the text must be valid UTF-8.</summary>
    public abstract bool AcceptsAnyBytes { get; }

    /// <summary>SHA-256 of the vocabulary's file format, in hexadecimal: equal if and only if vocabularies are equal.</summary>
    public string Fingerprint => _fingerprint ??= Convert.ToHexStringLower(SHA256.HashData(VocabularyJson.ToUtf8(this)));

    /// <summary>Creates an encoder of streamed text, in constant memory.</summary>
    public abstract TokenEncoder CreateEncoder();

    /// <summary>Creates an encoder of a text that will be continued: a last line without a newline is not ended.</summary>
    public virtual TokenEncoder CreatePromptEncoder() => CreateEncoder();

    /// <summary>
    /// The same tokens, but encoders treat the names of special tokens (such as <c>&lt;|endoftext|&gt;</c>) as plain text, so that untrusted text cannot contain special tokens.
    /// The vocabulary itself if it has none.
    /// </summary>
    public virtual Vocabulary ReadingSpecialTokensAsText() => this;

    /// <summary>Encodes a text whose special tokens' names are plain text; of each token the part of the text that it stands for.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The tokens in order; null where the vocabulary does not know the parts.</returns>
    public virtual IReadOnlyList<TokenSpan>? EncodeSpans(string text) => null;

    /// <summary>Creates a decoder that returns text as soon as its bytes are complete.</summary>
    public abstract TokenDecoder CreateDecoder();

    /// <summary>Creates a decoder of text after a token, so that the two texts can be joined: a word after a word begins with a space.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in <c>0 .. Count-1</c>.</exception>
    public virtual TokenDecoder CreateDecoderAfter(int previous)
    {
        CheckId(previous);
        return CreateDecoder();
    }

    /// <summary>Appends the UTF-8 bytes of tokens; exact for vocabularies of bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in <c>0 .. Count-1</c>.</exception>
    public abstract void DecodeUtf8(ReadOnlySpan<int> ids, IBufferWriter<byte> output);

    /// <summary>A short printable name of one token, for tables and reports.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in <c>0 .. Count-1</c>.</exception>
    public abstract string Describe(int id);

    /// <summary>Whether <c>vocabulary.json</c> needs version 2 of its format.</summary>
    internal virtual bool NeedsVersion2 => false;

    /// <summary>Writes the members of <c>vocabulary.json</c> that belong to this kind.</summary>
    internal abstract void WriteContent(Utf8JsonWriter writer);

    /// <summary>Encodes a text. A lone surrogate counts as U+FFFD.</summary>
    public int[] Encode(ReadOnlySpan<char> text)
    {
        var tokens = new ArrayBufferWriter<int>();
        TokenEncoder encoder = CreateEncoder();
        Encoder utf8 = Encoding.UTF8.GetEncoder();
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(Math.Min(text.Length, EncodeChunk) + 1)];
        while (!text.IsEmpty)
        {
            int take = Math.Min(text.Length, EncodeChunk);
            int written = utf8.GetBytes(text[..take], bytes, flush: take == text.Length);
            encoder.Append(bytes.AsSpan(0, written), tokens);
            text = text[take..];
        }
        encoder.Complete(tokens);
        return tokens.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Encodes a stream of UTF-8 (any bytes if <see cref="AcceptsAnyBytes"/>) in constant memory. The stream is not closed. A byte order mark
    /// at its beginning is skipped if the text must be UTF-8.
    /// </summary>
    /// <exception cref="InputException">The stream is not valid UTF-8; the message gives the byte offset.</exception>
    public IEnumerable<int> Encode(Stream utf8)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        return EncodeStream(utf8);
    }

    /// <summary>The text of tokens. Bytes that do not form a character give U+FFFD, as does the unknown character; an unknown word gives its symbol.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in <c>0 .. Count-1</c>.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        TokenDecoder decoder = CreateDecoder();
        var text = new StringBuilder(ids.Length);
        foreach (int id in ids)
        {
            text.Append(decoder.Append(id));
        }
        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>Writes <c>vocabulary.json</c>: to a temporary file beside it, flushed to disk, then renamed.</summary>
    public void Save(string path) => AtomicFile.Write(path, stream => stream.Write(VocabularyJson.ToUtf8(this)));

    /// <summary>Reads a vocabulary that <see cref="Save"/> wrote. Every length is checked before it is used.</summary>
    /// <exception cref="InputException">The file is missing, too large, damaged, or of an unknown version or kind.</exception>
    public static Vocabulary Load(string path) => VocabularyJson.Load(path);

    /// <summary>Throws if an id is not in this vocabulary.</summary>
    private protected void CheckId(int id)
    {
        if ((uint)id >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"token id {id} is not in 0..{Count - 1}");
        }
    }

    private IEnumerable<int> EncodeStream(Stream utf8)
    {
        TokenEncoder encoder = ByteOrderMark.Skip(this, CreateEncoder());
        var tokens = new ArrayBufferWriter<int>(EncodeChunk);
        byte[] buffer = new byte[EncodeChunk];
        int read;
        while ((read = utf8.Read(buffer)) > 0)
        {
            tokens.ResetWrittenCount();
            encoder.Append(buffer.AsSpan(0, read), tokens);
            for (int i = 0; i < tokens.WrittenCount; i++)
            {
                yield return tokens.WrittenMemory.Span[i];
            }
        }
        tokens.ResetWrittenCount();
        encoder.Complete(tokens);
        for (int i = 0; i < tokens.WrittenCount; i++)
        {
            yield return tokens.WrittenMemory.Span[i];
        }
    }
}
