using System.Buffers;
using System.Text;

namespace TransformerXL.Text;

/// <summary>Turns token ids that come one by one into text; a character that is not complete yet is held back. Not thread-safe.</summary>
public abstract class TokenDecoder
{
    /// <summary>Takes one token and returns the text that became complete with it, possibly none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not of the vocabulary.</exception>
    public abstract string Append(int id);

    /// <summary>
    /// Takes one token and gives exactly its bytes, also those that are no UTF-8 or only a part of a character. Of one decoder use either
    /// this or <see cref="Append(int)"/>.
    /// </summary>
    /// <param name="id">The token.</param>
    /// <param name="bytes">Takes the bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is not of the vocabulary.</exception>
    public virtual void Append(int id, IBufferWriter<byte> bytes) => Encoding.UTF8.GetBytes(Append(id), bytes);

    /// <summary>Ends the text: returns U+FFFD for incomplete bytes, and resets the decoder for another text.</summary>
    public abstract string Flush();
}
