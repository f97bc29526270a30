using System.Buffers;
using System.Text;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>
/// One token per word, and symbols for unknown words and for the ends of lines (the vocabulary of the Transformer-XL
/// reference implementation). Decoded text has one space between words and a newline at each end of line.
/// </summary>
public sealed class WordVocabulary : Vocabulary
{
    /// <summary>The value of <see cref="Vocabulary.Kind"/>.</summary>
    public const string KindName = "words";

    /// <summary>The symbol after the last word of a line.</summary>
    public const string EndOfLine = "<eos>";

    /// <summary>The symbol at both ends of a sentence.</summary>
    public const string SentenceMark = "<S>";

    /// <summary>The symbol for unknown words.</summary>
    public const string UnknownWord = "<unk>";

    /// <summary>The same in the vocabulary files of the One Billion Word benchmark.</summary>
    internal const string UnknownWordInFiles = "<UNK>";

    private readonly bool _isPlain;
    private readonly string[] _symbols;
    private readonly Dictionary<string, int> _ids;

    /// <summary>Creates a vocabulary whose ids 0, 1, ... are the given symbols, in the given order.</summary>
    /// <param name="symbols">Words and special symbols.</param>
    /// <param name="rules">How lines become words; null for white space and <c>&lt;eos&gt;</c> after each line.</param>
    /// <param name="unknown">The symbol for words that are not among them; null for <c>&lt;unk&gt;</c> or else <c>&lt;UNK&gt;</c> if that is one of them. Without it, text with other words is rejected.</param>
    /// <exception cref="InputException">A symbol occurs twice, there are none, or a symbol that the rules need is missing.</exception>
    public WordVocabulary(IEnumerable<string> symbols, WordRules? rules = null, string? unknown = null)
    {
        ArgumentNullException.ThrowIfNull(symbols);
        _symbols = [.. symbols];
        Rules = rules ?? new WordRules();
        Rules.Validate();
        Require.That(_symbols.Length > 0, "a vocabulary of words needs at least one symbol");
        _ids = new Dictionary<string, int>(_symbols.Length, StringComparer.Ordinal);
        for (int i = 0; i < _symbols.Length; i++)
        {
            if (!_ids.TryAdd(_symbols[i], i))
            {
                throw new InputException($"the symbol '{Shorten(_symbols[i])}' occurs twice in the vocabulary: as id {_ids[_symbols[i]]} and as id {i}");
            }
        }

        UnknownId = unknown is not null ? RequiredId(unknown, "for unknown words") : IdOf(UnknownWord) ?? IdOf(UnknownWordInFiles);
        EndOfLineId = Rules.Marks switch
        {
            LineMarks.End => RequiredId(EndOfLine, "after each line"),
            LineMarks.BothEnds => RequiredId(SentenceMark, "at both ends of each line"),
            _ => null,
        };
    }

    private WordVocabulary(WordVocabulary source)
    {
        (_symbols, _ids, Rules, UnknownId, EndOfLineId) = (source._symbols, source._ids, source.Rules, source.UnknownId, source.EndOfLineId);
        _isPlain = true;
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Count => _symbols.Length;

    /// <inheritdoc/>
    public override string Unit => "word";

    /// <inheritdoc/>
    public override int? UnknownId { get; }

    /// <inheritdoc/>
    public override int? EndOfLineId { get; }

    /// <inheritdoc/>
    public override int? StartOfLineId => Rules.Marks == LineMarks.BothEnds ? EndOfLineId : null;

    /// <inheritdoc/>
    public override int? EndOfTextId
    {
        get
        {
            foreach (string name in EndOfTextNames)
            {
                if (IdOf(name) is { } id && id != EndOfLineId)
                {
                    return id;
                }
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public override bool AcceptsAnyBytes => false;

    internal override bool KeepsText => false;

    /// <summary>How lines become words.</summary>
    public WordRules Rules { get; }

    /// <summary>The symbols of the ids 0, 1, ....</summary>
    public ReadOnlySpan<string> Symbols => _symbols;

    /// <summary>The id of a symbol; null if it is not in the vocabulary.</summary>
    public int? IdOf(string symbol) => _ids.TryGetValue(symbol, out int id) ? id : null;

    /// <summary>Reads a file with one symbol at the beginning of each line: the first word of the line; repeated symbols are ignored.</summary>
    /// <param name="path">The file, UTF-8.</param>
    /// <param name="rules">How lines become words; null for white space and <c>&lt;eos&gt;</c> after each line.</param>
    /// <exception cref="InputException">The file cannot be read, has an empty line, or lacks <c>&lt;UNK&gt;</c> (or <c>&lt;unk&gt;</c>) or a symbol that the rules need.</exception>
    public static WordVocabulary LoadSymbols(string path, WordRules? rules = null) => WordSymbolFile.Load(path, rules ?? new WordRules());

    /// <summary>Writes the file that <see cref="LoadSymbols"/> reads: to a temporary file beside it, flushed to disk, then renamed.</summary>
    /// <exception cref="InputException">A symbol is empty or holds white space, which such a file cannot express.</exception>
    public void SaveSymbols(string path) => WordSymbolFile.Save(this, path);

    /// <inheritdoc/>
    public override TokenEncoder CreateEncoder() => new WordEncoder(this, endLastLine: true);

    /// <inheritdoc/>
    public override TokenEncoder CreatePromptEncoder() => new WordEncoder(this, endLastLine: false);

    /// <summary>Line marks in a text are then unknown words.</summary>
    /// <inheritdoc/>
    public override Vocabulary ReadingSpecialTokensAsText() => _isPlain ? this : new WordVocabulary(this);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoder() => new WordDecoder(this, previous: null);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoderAfter(int previous)
    {
        CheckId(previous);
        return new WordDecoder(this, previous);
    }

    /// <inheritdoc/>
    public override string Describe(int id)
    {
        CheckId(id);
        return _symbols[id];
    }

    /// <inheritdoc/>
    public override void DecodeUtf8(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var decoder = new WordDecoder(this, previous: null);
        foreach (int id in ids)
        {
            Encoding.UTF8.GetBytes(decoder.Append(id), output);
        }
    }

    internal Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Lookup => _ids.GetAlternateLookup<ReadOnlySpan<char>>();

    internal override void WriteContent(Utf8JsonWriter writer)
    {
        writer.WriteString("unknown", UnknownId is { } unknown ? _symbols[unknown] : null);
        writer.WriteBoolean("lowerCase", Rules.LowerCase);
        writer.WriteString("delimiter", Rules.Delimiter);
        writer.WriteString("marks", Rules.Marks.ToString());
        writer.WriteStartArray("symbols");
        foreach (string symbol in _symbols)
        {
            writer.WriteStringValue(symbol);
        }
        writer.WriteEndArray();
    }

    internal static string Shorten(ReadOnlySpan<char> word) => InputText.Show(word, max: 64);

    private int RequiredId(string symbol, string place) =>
        IdOf(symbol) ?? throw new InputException($"the symbol '{symbol}' {place} is not in the vocabulary of {Count} words");

    /// <summary>Writes a space between words, but not before or after a newline.</summary>
    private sealed class WordDecoder(WordVocabulary vocabulary, int? previous) : TokenDecoder
    {
        private bool _afterWord = previous is { } id && !vocabulary.IsMark(id);

        public override string Append(int id)
        {
            vocabulary.CheckId(id);
            bool afterWord = _afterWord;
            _afterWord = !vocabulary.IsMark(id);
            if (_afterWord)
            {
                return afterWord && vocabulary.Rules.Delimiter != "" ? (vocabulary.Rules.Delimiter ?? " ") + vocabulary._symbols[id] : vocabulary._symbols[id];
            }

            // Of the two marks between sentences only the first one, after a word, ends a line.
            return afterWord || vocabulary.StartOfLineId is null ? "\n" : "";
        }

        public override string Flush()
        {
            _afterWord = false;
            return "";
        }
    }

    /// <summary>Whether a word in a text must not be encoded as this symbol.</summary>
    internal bool IsHidden(int id) => _isPlain && (IsMark(id) || _symbols[id] == SentenceMark);

    private bool IsMark(int id) => id == EndOfLineId || _symbols[id] == EndOfLine;
}
