using System.Buffers;

namespace TransformerXL.Text.Unigram;

/// <summary>UTF-8 to ids in constant memory. The result does not depend on how the text is split into pieces.</summary>
internal sealed class UnigramEncoder : TokenEncoder
{
    private readonly Utf8Scanner _utf8 = new();
    private readonly UnigramScanner _scanner;
    private readonly int _unknownId;
    private IBufferWriter<int> _tokens = new ArrayBufferWriter<int>();
    private long _characters, _unknown;

    public UnigramEncoder(UnigramVocabulary vocabulary)
    {
        _unknownId = vocabulary.UnknownId!.Value;
        _scanner = new UnigramScanner(vocabulary, Write);
    }

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

        _scanner.Complete();
    }

    private void Write(TokenSpan token)
    {
        _tokens.GetSpan(1)[0] = token.Id;
        _tokens.Advance(1);
        _unknown += token.Id == _unknownId ? 1 : 0;
    }

    private static InputException InvalidUtf8(long offset) => new($"invalid UTF-8 at byte offset {offset}; a unigram vocabulary needs valid UTF-8");

    private readonly struct Sink(UnigramEncoder encoder) : ICodePointSink
    {
        public void Add(int codePoint)
        {
            encoder._characters++;
            encoder._scanner.Add(codePoint, 0, 0);
        }
    }
}
