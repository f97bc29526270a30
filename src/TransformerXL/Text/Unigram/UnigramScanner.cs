using System.Runtime.InteropServices;
using TransformerXL.Text.Unigram.Normalization;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Text.Unigram;

/// <summary>
/// Code points to tokens, in constant memory: a text is normalized in blocks that end before a word, and its words are divided one by one. A block or word of more than 2^20
/// characters is cut there.
/// </summary>
/// <param name="vocabulary">The pieces and rules.</param>
/// <param name="take">Takes each token.</param>
internal sealed class UnigramScanner(UnigramVocabulary vocabulary, Action<TokenSpan> take) : ITokenScanner
{
    private const int Block = 1 << 14, Longest = 1 << 20;

    private readonly UnigramRules _rules = vocabulary.Rules;
    private readonly TextNormalizer _normalizer = new(vocabulary);
    private readonly UnigramSegmenter _segmenter = new(vocabulary, take);
    private readonly List<PlacedCharacter> _block = [];
    private readonly List<PlacedCharacter> _word = [];

    // Marks that are only kept if another character follows.
    private readonly List<PlacedCharacter> _marks = [];
    private bool _isFirstBlock = true, _isAtStart = true, _afterSpace = true, _hasBegun;

    /// <inheritdoc/>
    public void Add(int code, int start, int end)
    {
        bool isBetweenWords = _block.Count >= Block && code is > ' ' and < 0x7F && _block[^1].Code is ' ' or '\n' or '\t' or '\r';
        if (isBetweenWords || _block.Count == Longest)
        {
            Normalize(isLast: false);
        }

        _block.Add(new PlacedCharacter(code, start, end));
    }

    /// <inheritdoc/>
    public void Complete()
    {
        Normalize(isLast: true);
        EndWord();
        _segmenter.End();
        _marks.Clear();
        (_isFirstBlock, _isAtStart, _afterSpace, _hasBegun) = (true, true, true, false);
    }

    private void Normalize(bool isLast)
    {
        foreach (PlacedCharacter character in _normalizer.Apply(_block, _isFirstBlock, isLast))
        {
            if (_rules.SplitsAtWhiteSpace)
            {
                AddOfWord(character);
            }
            else if (_rules.RemovesExtraSpaces)
            {
                AddAfterSpaces(character);
            }
            else
            {
                AddOfText(character);
            }
        }

        _block.Clear();
        _isFirstBlock = false;
        if (_rules.SumsInSingle && !isLast)
        {
            _segmenter.ForgetSum();
        }
    }

    /// <summary>White space separates words.</summary>
    private void AddOfWord(PlacedCharacter character)
    {
        if (WordPieceCharacters.IsSpace(character.Code))
        {
            EndWord();
            _segmenter.End();
            (_isAtStart, _hasBegun) = (true, true);
            return;
        }

        AddOfText(character);
    }

    /// <summary>A space becomes a mark.</summary>
    private void AddOfText(PlacedCharacter character)
    {
        PlacedCharacter own = _rules.MarksSpaces && character.Code == ' ' ? character with { Code = UnigramRules.Mark } : character;
        if (_isAtStart)
        {
            _isAtStart = false;
            bool isMarked = own.Code == UnigramRules.Mark;
            bool adds = _rules.Prefix == UnigramPrefix.Dummy || (!isMarked && (_rules.Prefix == UnigramPrefix.Each || (_rules.Prefix == UnigramPrefix.First && !_hasBegun)));
            _hasBegun = true;
            if (adds)
            {
                Push(own with { Code = UnigramRules.Mark });
            }
        }

        Push(own);
    }

    /// <summary>A run of spaces becomes a mark, where it is neither the beginning nor the end of the text.</summary>
    private void AddAfterSpaces(PlacedCharacter character)
    {
        bool isSpace = character.Code == ' ';
        if (isSpace && _afterSpace)
        {
            return;
        }

        if (_isAtStart && _rules.Prefix != UnigramPrefix.None)
        {
            _marks.Add(character with { Code = UnigramRules.Mark });
        }

        (_isAtStart, _afterSpace) = (false, isSpace);
        if (isSpace || character.Code == UnigramRules.Mark)
        {
            _marks.Add(character with { Code = UnigramRules.Mark });
            return;
        }

        foreach (PlacedCharacter mark in _marks)
        {
            Push(mark);
        }

        _marks.Clear();
        Push(character);
    }

    private void Push(PlacedCharacter character)
    {
        if (_word.Count == Longest || (character.Code == UnigramRules.Mark && _word.Count > 0))
        {
            EndWord();
        }

        _word.Add(character);
    }

    private void EndWord()
    {
        if (_word.Count == 0)
        {
            return;
        }

        _segmenter.Add(CollectionsMarshal.AsSpan(_word));
        _word.Clear();
        if (_rules.SplitsAtMarks)
        {
            _segmenter.End();
        }
    }
}
