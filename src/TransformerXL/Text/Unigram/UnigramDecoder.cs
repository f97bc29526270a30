using System.Buffers;
using System.Text;

namespace TransformerXL.Text.Unigram;

/// <summary>Writes a space for each mark of white space, apart from that of the first token, and the characters that tokens of bytes form.</summary>
internal sealed class UnigramDecoder(UnigramVocabulary vocabulary, bool isFirst) : TokenDecoder
{
    private readonly Decoder _bytes = Encoding.UTF8.GetDecoder();
    private readonly char[] _chars = new char[8];
    private bool _isFirst = isFirst;

    public override string Append(int id)
    {
        if (vocabulary.ByteOf(id) is { } value)
        {
            _isFirst = false;
            return Decode([value], flush: false);
        }

        return Decode([], flush: true) + Text(id);
    }

    public override void Append(int id, IBufferWriter<byte> bytes)
    {
        if (vocabulary.ByteOf(id) is { } value)
        {
            _isFirst = false;
            bytes.Write([value]);
            return;
        }

        Encoding.UTF8.GetBytes(Text(id), bytes);
    }

    public override string Flush()
    {
        _isFirst = true;
        return Decode([], flush: true);
    }

    private string Text(int id)
    {
        string text = vocabulary.Describe(id).Replace((char)UnigramRules.Mark, ' ');
        bool isCut = _isFirst && vocabulary.Rules.Prefix != UnigramPrefix.None && text.StartsWith(' ');
        _isFirst = false;
        return isCut ? text[1..] : text;
    }

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        int count = _bytes.GetChars(bytes, _chars, flush);
        return count == 0 ? "" : new string(_chars, 0, count);
    }
}
