using System.Buffers;

namespace TransformerXL.Text.WordPieces;

/// <summary>UTF-8 to ids in constant memory. The result does not depend on how the text is split into pieces.</summary>
internal sealed class WordPieceEncoder : TokenEncoder
{
    private readonly Utf8Scanner _utf8 = new();
    private readonly WordPieceScanner _words;
    private IBufferWriter<int> _tokens = new ArrayBufferWriter<int>();
    private long _characters, _unknown;

    public WordPieceEncoder(WordPieceVocabulary vocabulary) => _words = new WordPieceScanner(vocabulary, Write);

    public override long Characters => _characters;

    public override long Unknown => _unknown;

    public override void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens)
    {
        _tokens = tokens;
        Sink sink = new(this);
        if (!_utf8.TryAppend(utf8, ref sink, out long fault))
        {
            throw InvalidUtf8(fault);
        }
    }

    public override void Complete(IBufferWriter<int> tokens)
    {
        _tokens = tokens;
        if (!_utf8.TryComplete(out long fault))
        {
            throw InvalidUtf8(fault);
        }

        _words.EndWord();
    }

    private void Write(List<TokenSpan> word, bool isUnknown)
    {
        Span<int> ids = _tokens.GetSpan(word.Count);
        for (int i = 0; i < word.Count; i++)
        {
            ids[i] = word[i].Id;
        }

        _tokens.Advance(word.Count);
        _unknown += isUnknown ? 1 : 0;
    }

    private static InputException InvalidUtf8(long offset) => new($"invalid UTF-8 at byte offset {offset}; a vocabulary of word pieces needs valid UTF-8");

    private readonly struct Sink(WordPieceEncoder encoder) : ICodePointSink
    {
        public void Add(int codePoint)
        {
            encoder._characters++;
            encoder._words.Add(codePoint, 0, 0);
        }
    }
}
