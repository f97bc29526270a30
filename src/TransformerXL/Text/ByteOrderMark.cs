using System.Buffers;

namespace TransformerXL.Text;

/// <summary>
/// The UTF-8 byte order mark that some editors put before a text. Where a text has to be UTF-8 (characters, words) it is no part of the
/// text; a vocabulary that accepts any bytes reads it like all others. The rule is the same for training and for every other reader.
/// </summary>
internal static class ByteOrderMark
{
    /// <summary>U+FEFF in UTF-8.</summary>
    public static ReadOnlySpan<byte> Utf8 => [0xEF, 0xBB, 0xBF];

    /// <summary>An encoder of a text from its beginning that leaves the mark out where the vocabulary needs UTF-8.</summary>
    /// <param name="vocabulary">What the encoder belongs to.</param>
    /// <param name="encoder">Takes the text without the mark.</param>
    public static TokenEncoder Skip(Vocabulary vocabulary, TokenEncoder encoder) =>
        vocabulary.AcceptsAnyBytes ? encoder : new SkippingEncoder(encoder);

    /// <summary>Holds the first bytes back while they may be those of the mark.</summary>
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

        /// <summary>What was held back begins the text after all.</summary>
        private void Release(IBufferWriter<int> tokens)
        {
            _begun = true;
            encoder.Append(Utf8[.._matched], tokens);
        }
    }
}
