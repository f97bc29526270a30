using System.Buffers;

namespace TransformerXL.Text;

/// <summary>
/// The UTF-8 byte order mark that some editors write before a text. If a text must be UTF-8 (characters, words), the mark is not part of the
/// text; a vocabulary that accepts any bytes reads it like other bytes. The rule is the same for training and for all other uses.
/// </summary>
internal static class ByteOrderMark
{
    /// <summary>U+FEFF in UTF-8.</summary>
    public static ReadOnlySpan<byte> Utf8 => [0xEF, 0xBB, 0xBF];

    /// <summary>Wraps an encoder of a text from its beginning: skips the mark if the vocabulary needs UTF-8.</summary>
    /// <param name="vocabulary">The vocabulary of the encoder.</param>
    /// <param name="encoder">Receives the text without the mark.</param>
    public static TokenEncoder Skip(Vocabulary vocabulary, TokenEncoder encoder) =>
        vocabulary.AcceptsAnyBytes ? encoder : Skip(encoder);

    /// <summary>Skips the mark whatever the vocabulary, as files of examples are read.</summary>
    /// <param name="encoder">Receives the text without the mark.</param>
    public static TokenEncoder Skip(TokenEncoder encoder) => new SkippingEncoder(encoder);

    /// <summary>Buffers the first bytes while they may be those of the mark.</summary>
    private sealed class SkippingEncoder(TokenEncoder encoder) : TokenEncoder
    {
        private int _matched;
        private bool _begun;

        public override long Characters => encoder.Characters;

        public override long Unknown => encoder.Unknown;

        public override void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens)
        {
            while (!_begun && !utf8.IsEmpty)
            {
                if (utf8[0] == Utf8[_matched])
                {
                    utf8 = utf8[1..];
                    _begun = ++_matched == Utf8.Length;
                    continue;
                }

                Release(tokens);
            }

            encoder.Append(utf8, tokens);
        }

        public override void Complete(IBufferWriter<int> tokens)
        {
            if (!_begun)
            {
                Release(tokens);
            }

            encoder.Complete(tokens);
            (_matched, _begun) = (0, false);
        }

        /// <summary>The buffered bytes are the beginning of the text after all.</summary>
        private void Release(IBufferWriter<int> tokens)
        {
            _begun = true;
            encoder.Append(Utf8[.._matched], tokens);
        }
    }
}
