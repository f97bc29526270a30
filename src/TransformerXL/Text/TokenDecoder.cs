using System.Buffers;
using System.Text;

namespace TransformerXL.Text;

/// <summary>Decodes token ids one by one; an incomplete character is buffered. Not thread-safe.</summary>
public abstract class TokenDecoder
{
    /// <summary>Adds a token and returns the text that it completes, possibly empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public abstract string Append(int id);

    /// <summary>
    /// Adds a token and returns exactly its bytes, even if they are not UTF-8 or only a part of a character. With one decoder use either
    /// this or <see cref="Append(int)"/>.
    /// </summary>
    /// <param name="id">The token.</param>
    /// <param name="bytes">Receives the bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is not of the vocabulary.</exception>
    public virtual void Append(int id, IBufferWriter<byte> bytes) => Encoding.UTF8.GetBytes(Append(id), bytes);

    /// <summary>Ends the text: returns U+FFFD for incomplete bytes, and resets the decoder for another text.</summary>
    public abstract string Flush();
}
