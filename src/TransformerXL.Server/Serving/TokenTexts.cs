using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using TransformerXL.Text;

namespace TransformerXL.Server.Serving;

/// <summary>What tokens are called in answers: their exact text, or the bytes of those that are only a part of a character.</summary>
internal sealed class TokenTexts(Vocabulary vocabulary)
{
    private readonly byte[]?[] _bytes = new byte[vocabulary.Count][];

    /// <summary>The bytes of a token that follows nothing.</summary>
    public byte[] BytesOf(int id)
    {
        if (_bytes[id] is { } known)
        {
            return known;
        }

        ArrayBufferWriter<byte> bytes = new();
        vocabulary.DecodeUtf8([id], bytes);
        return _bytes[id] = bytes.WrittenSpan.ToArray();
    }

    /// <summary>The bytes of a token in its place: a word after a word begins with a space.</summary>
    /// <param name="id">The token.</param>
    /// <param name="previous">The token before it; null if there is none, or none is known.</param>
    public byte[] BytesAfter(int id, int? previous)
    {
        if (previous is not { } before || vocabulary.KeepsText)
        {
            return BytesOf(id);
        }

        ArrayBufferWriter<byte> bytes = new();
        vocabulary.CreateDecoderAfter(before).Append(id, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>
    /// A token as text: itself where it is whole characters; else <c>bytes:</c> and its bytes as <c>\xNN</c>, so that no two tokens of bytes have one
    /// name; and the name of a token without text.
    /// </summary>
    public string NameOf(int id, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return vocabulary.Describe(id);
        }

        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        StringBuilder name = new("bytes:");
        foreach (byte value in bytes)
        {
            name.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        }

        return name.ToString();
    }
}
