using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using TransformerXL.Text.BytePairs.Normalization;

namespace TransformerXL.Text.WordPieces;

/// <summary>Code points to tokens, word by word, in constant memory.</summary>
/// <param name="vocabulary">The tokens and rules.</param>
/// <param name="take">Takes each token.</param>
internal sealed class WordPieceScanner(WordPieceVocabulary vocabulary, Action<TokenSpan> take) : ITokenScanner
{
    private readonly WordPieceRules _rules = vocabulary.Rules;
    private readonly List<char> _word = [];
    private readonly List<(int Start, int End)> _places = [];
    private readonly List<TokenSpan> _spans = [];
    private readonly List<int> _parts = [];
    private int _characters, _start, _end;

    /// <inheritdoc/>
    public void Add(int code, int start, int end)
    {
        if (code is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
        {
            Push(code, start, end);
        }
        else if (_rules.CleansText && WordPieceCharacters.IsLeftOut(code))
        {
            return;
        }
        else if (WordPieceCharacters.IsSpace(code))
        {
            EndWord();
        }
        else if (_rules.SeparatesChinese && WordPieceCharacters.IsChinese(code))
        {
            EndWord();
            Normalize(code, start, end);
            EndWord();
        }
        else
        {
            Normalize(code, start, end);
        }
    }

    /// <inheritdoc/>
    public void Complete() => EndWord();

    /// <summary>Ends the current word, if there is one.</summary>
    private void EndWord()
    {
        if (_characters == 0)
        {
            return;
        }

        if (_characters > _rules.MaxWordCharacters || !TryDivide())
        {
            _spans.Clear();
            _spans.Add(new TokenSpan(vocabulary.UnknownId!.Value, _start, _end));
        }

        _spans.ForEach(take);
        _word.Clear();
        _places.Clear();
        _characters = 0;
    }

    private bool TryDivide()
    {
        _spans.Clear();
        ReadOnlySpan<char> word = CollectionsMarshal.AsSpan(_word);
        for (int begin = 0; begin < word.Length;)
        {
            int id = vocabulary.Pieces.Longest(word[begin..], begin == 0, out int length);
            if (id < 0)
            {
                return false;
            }

            _spans.Add(new TokenSpan(id, _places[begin].Start, _places[begin + length - 1].End));
            begin += length;
        }

        return true;
    }

    /// <summary>Strips accents, then converts to lower case.</summary>
    private void Normalize(int code, int start, int end)
    {
        if (!_rules.StripAccents)
        {
            Lower(code, start, end);
            return;
        }

        _parts.Clear();
        NormalizationTable.Instance.Decompose(code, _parts);
        foreach (int part in _parts)
        {
            if (CharUnicodeInfo.GetUnicodeCategory(part) != UnicodeCategory.NonSpacingMark)
            {
                Lower(part, start, end);
            }
        }
    }

    private void Lower(int code, int start, int end)
    {
        if (!_rules.LowerCase)
        {
            Split(code, start, end);
        }
        else
        {
            Split(WordPieceCharacters.Lower(code), start, end);
            if (code == WordPieceCharacters.DottedCapitalI)
            {
                Split(WordPieceCharacters.DotAbove, start, end);
            }
        }
    }

    /// <summary>Adds a normalized character; a punctuation mark is a word of its own.</summary>
    private void Split(int code, int start, int end)
    {
        if (!WordPieceCharacters.IsPunctuation(code))
        {
            Push(code, start, end);
            return;
        }

        EndWord();
        Push(code, start, end);
        EndWord();
    }

    private void Push(int code, int start, int end)
    {
        _start = _characters == 0 ? start : _start;
        _end = end;
        if (_characters == _rules.MaxWordCharacters)
        {
            // Longer than a word may be: it is unknown, whatever follows.
            _word.Clear();
            _places.Clear();
        }

        if (_characters > _rules.MaxWordCharacters)
        {
            return;
        }

        _characters++;
        Span<char> units = stackalloc char[2];
        int count = new Rune(code).EncodeToUtf16(units);
        for (int i = 0; i < count; i++)
        {
            _word.Add(units[i]);
            _places.Add((start, end));
        }
    }
}
