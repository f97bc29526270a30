using System.Text;

namespace TransformerXL.Text;

/// <summary>
/// Splits streamed UTF-8 into lines and words. Without a delimiter a word is passed on as soon as white space
/// follows it, so that even a text of a single line is read in constant memory; with one, as soon as the line ends.
/// </summary>
internal abstract class WordSplitter(WordRules rules)
{
    /// <summary>Maximum length of a word; a file with longer ones is not a text of words.</summary>
    internal const int MaxUnits = 1 << 20;

    /// <summary>Maximum length of a line; with a delimiter a whole line is buffered.</summary>
    internal const int MaxLineUnits = 1 << 28;

    private readonly Utf8Scanner _scanner = new();
    private readonly bool _wholeLines = rules.Delimiter is not null;
    private char[] _text = new char[256];
    private char[] _lower = [];
    private int _length;
    private bool _inLine;
    private bool _afterReturn;

    /// <summary>Unicode code points so far.</summary>
    public long Characters { get; private set; }

    public void Append(ReadOnlySpan<byte> utf8)
    {
        var sink = new Sink(this);
        if (!_scanner.TryAppend(utf8, ref sink, out long fault))
        {
            throw InvalidUtf8(fault);
        }
    }

    /// <summary>Ends the text; if <paramref name="endLine"/>, also ends a last line without a newline, otherwise only its last word.</summary>
    public void Complete(bool endLine)
    {
        if (!_scanner.TryComplete(out long fault))
        {
            throw InvalidUtf8(fault);
        }

        if (_inLine && endLine)
        {
            EndLine();
        }
        else
        {
            HandOn();
        }
    }

    protected abstract void OnLineBegin();

    protected abstract void OnWord(ReadOnlySpan<char> word);

    protected abstract void OnLineEnd();

    private void Add(int codePoint)
    {
        Characters++;
        bool afterReturn = _afterReturn;
        _afterReturn = codePoint == '\r';
        if (codePoint == '\n' && afterReturn)
        {
            return;
        }

        if (!_inLine)
        {
            _inLine = true;
            OnLineBegin();
        }

        if (codePoint is '\n' or '\r')
        {
            EndLine();
        }
        else if (!_wholeLines && UnicodeText.IsWhiteSpace(codePoint))
        {
            HandOn();
        }
        else
        {
            Push(codePoint);
        }
    }

    private void Push(int codePoint)
    {
        if (_text.Length - _length < 2)
        {
            Grow();
        }

        if (codePoint < 0x10000)
        {
            _text[_length++] = (char)codePoint;
        }
        else
        {
            _length += new Rune(codePoint).EncodeToUtf16(_text.AsSpan(_length));
        }
    }

    private void Grow()
    {
        int max = _wholeLines ? MaxLineUnits : MaxUnits;
        if (_text.Length >= max)
        {
            throw new InputException($"a {(_wholeLines ? "line" : "word")} of more than {max} characters before character {Characters}: this is not a text of {(_wholeLines ? "lines" : "words")}; a vocabulary of characters or bytes reads anything");
        }

        Array.Resize(ref _text, 2 * _text.Length);
    }

    private void EndLine()
    {
        HandOn();
        _inLine = false;
        OnLineEnd();
    }

    /// <summary>Passes on the buffered text: a word, or all words of a line.</summary>
    private void HandOn()
    {
        if (!_wholeLines && _length == 0)
        {
            return;
        }

        ReadOnlySpan<char> text = _wholeLines ? UnicodeText.Trim(_text.AsSpan(0, _length)) : _text.AsSpan(0, _length);
        _length = 0;
        // Before splitting, because the delimiter may contain letters.
        text = rules.LowerCase ? UnicodeText.ToLower(text, ref _lower) : text;
        switch (rules.Delimiter)
        {
            case null:
                OnWord(text);
                break;
            case "":
                Characterwise(text);
                break;
            case var delimiter when _inLine:
                foreach (Range range in text.Split(delimiter))
                {
                    OnWord(text[range]);
                }

                break;
        }
    }

    private void Characterwise(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf16(text, out _, out int consumed);
            OnWord(text[..consumed]);
            text = text[consumed..];
        }
    }

    private static InputException InvalidUtf8(long offset) =>
        new($"invalid UTF-8 at byte offset {offset}; a vocabulary of words needs valid UTF-8, but a model trained with bytes or byte pairs accepts anything")
        {
            Remedies = [new("corpus.vocabulary.kind", ByteVocabulary.KindName)],
        };

    private readonly struct Sink(WordSplitter splitter) : ICodePointSink
    {
        public void Add(int codePoint) => splitter.Add(codePoint);
    }
}
