using System.Text;

namespace TransformerXL.Text.Unigram;

/// <summary>
/// Divides words into the pieces of the highest total score (Kudo 2018; Viterbi). Of divisions with equal sums that end at the same place, the one whose last piece begins first is
/// taken, as in SentencePiece and Hugging Face's library. A character that is no piece is unknown, with the lowest score less 10; neighbouring unknown characters are one token.
/// </summary>
/// <param name="vocabulary">The pieces.</param>
/// <param name="take">Takes each token.</param>
internal sealed class UnigramSegmenter(UnigramVocabulary vocabulary, Action<TokenSpan> take)
{
    private const double UnknownPenalty = 10;

    private readonly PieceTrie _trie = vocabulary.Trie;
    private readonly bool _single = vocabulary.Rules.SumsInSingle, _bytes = vocabulary.Rules.FallsBackToBytes;
    private readonly int _unknownId = vocabulary.UnknownId!.Value;
    private readonly double _unknownScore = vocabulary.Rules.SumsInSingle ? (float)(vocabulary.LowestScore - UnknownPenalty) : vocabulary.LowestScore - UnknownPenalty;
    private readonly List<(int Id, int Begin, int End)> _path = [];
    private double[] _sums = new double[64];
    private int[] _begins = new int[64], _ids = new int[64];
    private double _sum;
    private TokenSpan? _unknown;

    /// <summary>Adds a word, or the next part of a text whose parts are divided as one.</summary>
    public void Add(ReadOnlySpan<PlacedCharacter> word)
    {
        Reserve(word.Length + 1);
        _begins.AsSpan(0, word.Length + 1).Fill(-1);
        _sums[0] = _sum;
        for (int begin = 0; begin < word.Length; begin++)
        {
            bool hasSingle = false;
            int node = PieceTrie.Root;
            for (int end = begin; end < word.Length && (node = _trie.Step(node, word[end].Code)) >= 0; end++)
            {
                if (_trie.PieceAt(node) is >= 0 and int id)
                {
                    Offer(begin, end + 1, id, vocabulary.ScoreOf(id));
                    hasSingle |= end == begin;
                }
            }

            if (!hasSingle)
            {
                Offer(begin, begin + 1, _unknownId, _unknownScore);
            }
        }

        _sum = _sums[word.Length];
        Trace(word);
    }

    /// <summary>Begins sums of scores again, so that they stay small enough to be compared.</summary>
    public void ForgetSum() => _sum = 0;

    /// <summary>Ends the text, or a word of a text whose words are divided by themselves.</summary>
    public void End()
    {
        Release();
        _sum = 0;
    }

    private void Offer(int begin, int end, int id, double score)
    {
        // SentencePiece compares a sum in float64 with one that was rounded when it was stored, except those of unknown characters.
        double sum = _sums[begin] + score;
        double rounded = _single ? (float)sum : sum;
        if (_begins[end] < 0 || (id == _unknownId ? rounded : sum) > _sums[end])
        {
            (_begins[end], _sums[end], _ids[end]) = (begin, rounded, id);
        }
    }

    private void Trace(ReadOnlySpan<PlacedCharacter> word)
    {
        _path.Clear();
        for (int end = word.Length; end > 0; end = _begins[end])
        {
            _path.Add((_ids[end], _begins[end], end));
        }

        for (int i = _path.Count - 1; i >= 0; i--)
        {
            (int id, int begin, int end) = _path[i];
            TokenSpan span = SpanOf(id, word[begin..end]);
            if (id != _unknownId)
            {
                Release();
                take(span);
            }
            else if (_bytes)
            {
                TakeBytes(word[begin].Code, span);
            }
            else
            {
                _unknown = _unknown is { } before ? before with { End = Math.Max(before.End, span.End) } : span;
            }
        }
    }

    /// <summary>The part of the text of a piece, without the white space before it.</summary>
    private static TokenSpan SpanOf(int id, ReadOnlySpan<PlacedCharacter> characters)
    {
        ReadOnlySpan<PlacedCharacter> own = characters.Length > 1 && characters[0].Code == UnigramRules.Mark ? characters[1..] : characters;
        (int start, int last) = (own[0].Start, own[0].End);
        foreach (PlacedCharacter character in own)
        {
            (start, last) = (Math.Min(start, character.Start), Math.Max(last, character.End));
        }

        return new TokenSpan(id, start, last);
    }

    private void TakeBytes(int code, TokenSpan span)
    {
        Span<byte> bytes = stackalloc byte[4];
        int length = new Rune(code).EncodeToUtf8(bytes);
        foreach (byte value in bytes[..length])
        {
            take(span with { Id = vocabulary.IdOfByte(value) });
        }
    }

    private void Release()
    {
        if (_unknown is { } token)
        {
            _unknown = null;
            take(token);
        }
    }

    private void Reserve(int count)
    {
        if (_sums.Length < count)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
            (_sums, _begins, _ids) = (new double[size], new int[size], new int[size]);
        }
    }
}
