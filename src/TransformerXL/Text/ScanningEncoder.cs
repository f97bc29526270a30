using System.Buffers;
using System.Text;

namespace TransformerXL.Text;

/// <summary>UTF-8 to ids by a scanner of code points, in constant memory. The result does not depend on how the text is split into pieces.</summary>
internal sealed class ScanningEncoder : TokenEncoder
{
    private readonly Utf8Scanner _utf8 = new();
    private readonly ITokenScanner _scanner;
    private readonly int _unknownId;
    private readonly string _needs;
    private IBufferWriter<int> _tokens = new ArrayBufferWriter<int>();
    private long _characters, _unknown;

    /// <param name="create">Creates the scanner, which gives each token to its argument.</param>
    /// <param name="unknownId">The token of unknown text.</param>
    /// <param name="vocabulary">The kind of vocabulary in an error, such as "a unigram vocabulary".</param>
    public ScanningEncoder(Func<Action<TokenSpan>, ITokenScanner> create, int unknownId, string vocabulary) => (_scanner, _unknownId, _needs) = (create(Write), unknownId, vocabulary);

    public override long Characters => _characters;

    public override long Unknown => _unknown;

    /// <summary>The tokens of a text with their places in it.</summary>
    public static IReadOnlyList<TokenSpan> Spans(string text, Func<Action<TokenSpan>, ITokenScanner> create)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<TokenSpan> spans = [];
        ITokenScanner scanner = create(spans.Add);
        int place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            scanner.Add(rune.Value, place, place += rune.Utf16SequenceLength);
        }

        scanner.Complete();
        return spans;
    }

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

    private InputException InvalidUtf8(long offset) => new($"invalid UTF-8 at byte offset {offset}; {_needs} needs valid UTF-8");

    private readonly struct Sink(ScanningEncoder encoder) : ICodePointSink
    {
        public void Add(int codePoint)
        {
            encoder._characters++;
            encoder._scanner.Add(codePoint, 0, 0);
        }
    }
}
