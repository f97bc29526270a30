using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using TransformerXL.Inference.Serving;
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

    /// <summary>
    /// The bytes that another token would have had at the place of one that was read: a word after a word begins with a space.
    /// </summary>
    /// <param name="id">The token.</param>
    /// <param name="read">The token that was read.</param>
    public byte[] BytesInPlaceOf(int id, in TokenResult read)
    {
        byte[] own = BytesOf(id);
        int before = read.Bytes.Length - BytesOf(read.Id).Length;
        return id == read.Id ? read.Bytes.ToArray()
            : before <= 0 || own.Length == 0 || char.IsWhiteSpace((char)own[0]) ? own
            : [.. read.Bytes.Span[..before], .. own];
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
