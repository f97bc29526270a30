using System.Buffers;
using System.Text;
using System.Text.Json;

namespace TransformerXL.Text;

/// <summary>One token per Unicode code point (a surrogate pair is one symbol). Id 0 is <c>&lt;unk&gt;</c>, the symbols follow from 1.</summary>
public sealed class CharacterVocabulary : Vocabulary
{
    /// <summary>The value of <see cref="Vocabulary.Kind"/>.</summary>
    public const string KindName = "characters";

    internal const string UnknownName = "<unk>";

    /// <summary>All Unicode scalar values and the unknown symbol.</summary>
    internal const int MaxCount = 0x110000 - 0x800 + 1;

    private readonly Rune[] _symbols;
    private readonly string[] _texts;
    private readonly int[] _idOfCodePoint;

    /// <summary>Creates a vocabulary whose ids 1, 2, ... are the given symbols, in the given order.</summary>
    /// <exception cref="InputException">A symbol occurs twice.</exception>
    public CharacterVocabulary(IEnumerable<Rune> symbols)
    {
        ArgumentNullException.ThrowIfNull(symbols);
        _symbols = [.. symbols];
        _idOfCodePoint = new int[_symbols.Length == 0 ? 0 : _symbols.Max(symbol => symbol.Value) + 1];
        _texts = new string[_symbols.Length + 1];
        _texts[0] = "\uFFFD";
        for (int i = 0; i < _symbols.Length; i++)
        {
            ref int id = ref _idOfCodePoint[_symbols[i].Value];
            if (id != 0)
            {
                throw new InputException($"the symbol U+{_symbols[i].Value:X4} occurs twice in the vocabulary: as id {id} and as id {i + 1}");
            }
            id = i + 1;
            _texts[id] = _symbols[i].ToString();
        }
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Count => _texts.Length;

    /// <inheritdoc/>
    public override string Unit => "character";

    /// <inheritdoc/>
    public override int? UnknownId => 0;

    /// <inheritdoc/>
    public override int? EndOfLineId => _idOfCodePoint.Length > '\n' && _idOfCodePoint['\n'] is > 0 and var id ? id : null;

    /// <inheritdoc/>
    public override bool AcceptsAnyBytes => false;

    /// <summary>The symbols of the ids 1, 2, ....</summary>
    public ReadOnlySpan<Rune> Symbols => _symbols;

    /// <summary>The vocabulary of a text: its distinct code points in ascending order. A lone surrogate counts as U+FFFD.</summary>
    public static CharacterVocabulary FromText(ReadOnlySpan<char> text)
    {
        var seen = new HashSet<Rune>();
        foreach (Rune rune in text.EnumerateRunes())
        {
            seen.Add(rune);
        }
        return new CharacterVocabulary(seen.Order());
    }

    /// <inheritdoc/>
    public override TokenEncoder CreateEncoder() => new CharacterEncoder(_idOfCodePoint);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoder() => new SymbolDecoder(this);

    /// <inheritdoc/>
    public override string Describe(int id)
    {
        CheckId(id);
        return id == 0 ? UnknownName : _texts[id];
    }

    /// <inheritdoc/>
    public override void DecodeUtf8(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        foreach (int id in ids)
        {
            Encoding.UTF8.GetBytes(TextOf(id), output);
        }
    }

    internal override void WriteContent(Utf8JsonWriter writer)
    {
        writer.WriteString("unknown", UnknownName);
        writer.WriteStartArray("symbols");
        foreach (Rune symbol in _symbols)
        {
            writer.WriteStringValue(symbol.ToString());
        }
        writer.WriteEndArray();
    }

    private string TextOf(int id)
    {
        CheckId(id);
        return _texts[id];
    }

    private sealed class SymbolDecoder(CharacterVocabulary vocabulary) : TokenDecoder
    {
        public override string Append(int id) => vocabulary.TextOf(id);

        public override string Flush() => "";
    }
}
