using System.Buffers;

namespace TransformerXL.Text;

/// <summary>Turns text that comes in pieces into token ids, in constant memory. A piece may end inside a character. Not thread-safe.</summary>
public abstract class TokenEncoder
{
    /// <summary>Unicode code points read so far (for bytes: bytes that begin a code point).</summary>
    public abstract long Characters { get; }

    /// <summary>Tokens given so far that stand for something the vocabulary lacks.</summary>
    public abstract long Unknown { get; }

    /// <summary>Takes more text and gives the tokens that are now certain.</summary>
    /// <exception cref="InputException">The bytes are not valid UTF-8 and the vocabulary needs that.</exception>
    public abstract void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens);

    /// <summary>Ends the text and gives the tokens that were held back.</summary>
    /// <exception cref="InputException">The text ends inside a character and the vocabulary needs valid UTF-8.</exception>
    public abstract void Complete(IBufferWriter<int> tokens);
}
