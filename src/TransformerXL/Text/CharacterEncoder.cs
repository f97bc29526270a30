using System.Buffers;

namespace TransformerXL.Text;

/// <summary>UTF-8 to ids by a table over code points, in which absent code points have the value 0 (the unknown symbol).</summary>
internal sealed class CharacterEncoder(int[] idOfCodePoint) : TokenEncoder
{
    private readonly Utf8Scanner _scanner = new();
    private long _characters;
    private long _unknown;

    public override long Characters => _characters;

    public override long Unknown => _unknown;

    public override void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens)
    {
        if (utf8.IsEmpty)
        {
            return;
        }
        // Every code point ends in a byte of this piece, so there are never more tokens than bytes.
        var sink = new TableSink(idOfCodePoint, tokens.GetSpan(utf8.Length));
        bool valid = _scanner.TryAppend(utf8, ref sink, out long fault);
        tokens.Advance(sink.Count);
        _characters += sink.Count;
        _unknown += sink.Unknown;
        if (!valid)
        {
            throw InvalidUtf8(fault);
        }
    }

    public override void Complete(IBufferWriter<int> tokens)
    {
        if (!_scanner.TryComplete(out long fault))
        {
            throw InvalidUtf8(fault);
        }
    }

    private static InputException InvalidUtf8(long offset) =>
        new($"invalid UTF-8 at byte offset {offset}; a vocabulary of characters needs valid UTF-8, but a model trained with bytes or byte pairs accepts anything")
        {
            Remedies = [new("corpus.vocabulary.kind", ByteVocabulary.KindName)],
        };

    private ref struct TableSink(int[] table, Span<int> destination) : ICodePointSink
    {
        private readonly Span<int> _destination = destination;

        public int Count { get; private set; }

        public int Unknown { get; private set; }

        public void Add(int codePoint)
        {
            int id = (uint)codePoint < (uint)table.Length ? table[codePoint] : 0;
            Unknown += id == 0 ? 1 : 0;
            _destination[Count++] = id;
        }
    }
}
