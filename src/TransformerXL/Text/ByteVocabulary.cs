using System.Buffers;
using System.Text;
using System.Text.Json;

namespace TransformerXL.Text;

/// <summary>One token per byte of UTF-8 (or of anything else): 256 ids, nothing can be unknown.</summary>
public sealed class ByteVocabulary : Vocabulary
{
    /// <summary>The value of <see cref="Vocabulary.Kind"/>.</summary>
    public const string KindName = "bytes";

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Count => 256;

    /// <inheritdoc/>
    public override string Unit => "byte";

    /// <inheritdoc/>
    public override int? UnknownId => null;

    /// <inheritdoc/>
    public override int? EndOfLineId => '\n';

    /// <inheritdoc/>
    public override bool AcceptsAnyBytes => true;

    /// <inheritdoc/>
    public override TokenEncoder CreateEncoder() => new ByteEncoder();

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoder() => new Utf8Decoder(this);

    /// <inheritdoc/>
    public override string Describe(int id)
    {
        CheckId(id);
        return id is >= 0x20 and < 0x7F ? ((char)id).ToString() : $"0x{id:X2}";
    }

    /// <inheritdoc/>
    public override void DecodeUtf8(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> bytes = output.GetSpan(Math.Max(ids.Length, 1));
        for (int i = 0; i < ids.Length; i++)
        {
            CheckId(ids[i]);
            bytes[i] = (byte)ids[i];
        }
        output.Advance(ids.Length);
    }

    internal override void WriteContent(Utf8JsonWriter writer)
    {
        // The kind determines the 256 bytes; there is nothing else to write.
    }

    private sealed class ByteEncoder : TokenEncoder
    {
        private long _characters;

        public override long Characters => _characters;

        public override long Unknown => 0;

        public override void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens)
        {
            Span<int> ids = tokens.GetSpan(Math.Max(utf8.Length, 1));
            for (int i = 0; i < utf8.Length; i++)
            {
                ids[i] = utf8[i];
                _characters += (utf8[i] & 0xC0) != 0x80 ? 1 : 0;
            }
            tokens.Advance(utf8.Length);
        }

        public override void Complete(IBufferWriter<int> tokens)
        {
            // Nothing is buffered: every byte became a token at once.
        }
    }

    private sealed class Utf8Decoder(ByteVocabulary vocabulary) : TokenDecoder
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

        public override string Append(int id)
        {
            vocabulary.CheckId(id);
            return Convert([(byte)id], flush: false);
        }

        public override void Append(int id, IBufferWriter<byte> bytes) => vocabulary.DecodeUtf8([id], bytes);

        public override string Flush() => Convert([], flush: true);

        private string Convert(ReadOnlySpan<byte> bytes, bool flush)
        {
            Span<char> chars = stackalloc char[8];
            int count = _decoder.GetChars(bytes, chars, flush);
            return count == 0 ? "" : chars[..count].ToString();
        }
    }
}
