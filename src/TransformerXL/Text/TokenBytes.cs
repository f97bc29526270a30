using System.Buffers;

namespace TransformerXL.Text;

/// <summary>
/// The number of bytes of text in tokens: the divisor of bits per byte. Exact if tokens preserve the text; an unknown character counts as U+FFFD.
/// Undefined for words, word pieces and unigram pieces, because white space and unknown words are lost.
/// </summary>
internal sealed class TokenBytes
{
    private readonly int[] _lengths;

    private TokenBytes(Vocabulary vocabulary)
    {
        _lengths = new int[vocabulary.Count];
        ArrayBufferWriter<byte> bytes = new();
        for (int id = 0; id < _lengths.Length; id++)
        {
            bytes.ResetWrittenCount();
            vocabulary.DecodeUtf8([id], bytes);
            _lengths[id] = bytes.WrittenCount;
        }
    }

    /// <summary>The lengths of a vocabulary's tokens; null if they are unknown.</summary>
    public static TokenBytes? Of(Vocabulary? vocabulary) => vocabulary is null || !vocabulary.KeepsText ? null : new TokenBytes(vocabulary);

    /// <summary>The bytes of some tokens, which must be of the vocabulary.</summary>
    public long Count(ReadOnlySpan<int> ids)
    {
        long sum = 0;
        foreach (int id in ids)
        {
            sum += _lengths[id];
        }

        return sum;
    }
}
