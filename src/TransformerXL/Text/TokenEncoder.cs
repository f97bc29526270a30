using System.Buffers;

namespace TransformerXL.Text;

/// <summary>Encodes streamed text into token ids, in constant memory. A piece may end inside a character. Not thread-safe.</summary>
public abstract class TokenEncoder
{
    /// <summary>Unicode code points read so far (for bytes: bytes that begin a code point).</summary>
    public abstract long Characters { get; }

    /// <summary>Number of unknown tokens so far.</summary>
    public abstract long Unknown { get; }

    /// <summary>Adds text and returns the tokens that are now certain.</summary>
    /// <exception cref="InputException">The bytes are not valid UTF-8 and the vocabulary needs that.</exception>
    public abstract void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens);

    /// <summary>Ends the text and returns the buffered tokens.</summary>
    /// <exception cref="InputException">The text ends inside a character and the vocabulary needs valid UTF-8.</exception>
    public abstract void Complete(IBufferWriter<int> tokens);
}
