using System.Buffers;
using System.Text;
using TransformerXL.Heads.Explaining;
using TransformerXL.Inference;
using TransformerXL.Text;

namespace TransformerXL.Heads;

/// <summary>
/// Texts as the tokens that a model with a head reads: a mark, the text, and the mark again; the last one has seen the whole text. With a vocabulary whose class token comes last
/// (<see cref="Vocabulary.ClassIsLast"/>) the text, a mark, and the class token. For one thread at a time.
/// </summary>
/// <param name="vocabulary">The vocabulary. The names of special tokens are read as plain text.</param>
internal sealed class TaskTexts(Vocabulary vocabulary)
{
    private const int MaxCached = 1 << 18, MaxCachedLength = 64;

    private readonly Vocabulary _vocabulary = vocabulary.ReadingSpecialTokensAsText();
    private readonly Dictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<int> _tokens = new();

    /// <summary>Tokens of the texts so far that are not in the vocabulary.</summary>
    public long Unknown { get; private set; }

    /// <summary>The token that stands at both ends of a text and between two: the end of a line where the vocabulary has one.</summary>
    public int Mark { get; } = MarkOf(vocabulary);

    /// <summary>The tokens before a text.</summary>
    public int[] Before { get; } = vocabulary.ClassIsLast ? [] : [vocabulary.ClassId ?? MarkOf(vocabulary)];

    /// <summary>The tokens after a text.</summary>
    public int[] After => [End, .. Class];

    /// <summary>The token between two texts.</summary>
    private int End => vocabulary.SeparatorId ?? Mark;

    /// <summary>The class token where it comes last.</summary>
    private int[] Class { get; } = vocabulary is { ClassIsLast: true, ClassId: { } last } ? [last] : [];

    /// <summary>The separators between the two texts of a pair after the first one.</summary>
    private IEnumerable<int> MoreSeparators => Enumerable.Repeat(End, vocabulary.PairSeparators - 1);

    /// <summary>Encodes a text that comes in pieces.</summary>
    public TokenEncoder CreateEncoder() => _vocabulary.CreatePromptEncoder();

    /// <summary>The tokens of a text, or of two.</summary>
    public int[] OfText(string first, string? second = null)
    {
        List<int> ids = [.. Before, .. Encode(first), End];
        if (second is not null)
        {
            ids.AddRange(MoreSeparators);
            ids.AddRange(Encode(second));
            ids.Add(End);
        }

        return [.. ids, .. Class];
    }

    /// <summary>The tokens of words.</summary>
    /// <param name="words">The words, which are read as if spaces stood between them.</param>
    /// <param name="head">The places of labels.</param>
    /// <returns>The ids, and for each word the token at which its label is predicted.</returns>
    public (int[] Ids, int[] Places) OfWords(IReadOnlyList<string> words, HeadConfiguration head)
    {
        List<int> ids = [.. Before];
        int[] places = new int[words.Count];
        for (int word = 0; word < words.Count; word++)
        {
            int first = ids.Count;
            ids.AddRange(EncodeCached(word == 0 ? words[word] : " " + words[word]));
            int last = Math.Max(first, ids.Count - 1);
            places[word] = (head.Alignment == PieceAlignment.FirstPiece ? first : last) + head.Delay;
        }

        while (ids.Count <= places.LastOrDefault())
        {
            ids.Add(End);
        }

        if (vocabulary.SeparatorId is { } separator && ids[^1] != separator)
        {
            ids.Add(separator);
        }

        return ([.. ids, .. Class], places);
    }

    /// <summary>The tokens of a question and of the text that it is about.</summary>
    /// <param name="question">The question.</param>
    /// <param name="text">The text.</param>
    /// <param name="delay">Tokens that the model reads after a token before it predicts whether an answer begins or ends there.</param>
    public QuestionTokens OfQuestion(string question, string text, int delay)
    {
        List<int> ids = [.. Before];
        List<TokenPlace> places = [];
        int[] asked = Encode(question);
        if (vocabulary.ClassIsLast)
        {
            AddText(text, ids, places);
            ids.AddRange([End, .. MoreSeparators]);
            int first = ids.Count;
            ids.AddRange([.. asked, End]);
            return new QuestionTokens([.. ids, .. Enumerable.Repeat(Class[0], 1 + delay)], places, ids.Count, delay) { Question = first, Text = Before.Length };
        }

        ids.AddRange([.. asked, End, .. MoreSeparators]);
        int begin = ids.Count;
        AddText(text, ids, places);
        return new QuestionTokens([.. ids, .. Enumerable.Repeat(End, 1 + delay)], places, ids.Count, delay) { Question = Before.Length, Text = begin };
    }

    /// <summary>Adds the tokens of a text that a question is about.</summary>
    private void AddText(string text, List<int> ids, List<TokenPlace> places)
    {
        IReadOnlyList<TokenSpan>? spans = _vocabulary.EncodeSpans(text);
        foreach (TokenSpan span in spans ?? [])
        {
            places.Add(new TokenPlace(ids.Count, span.Start, span.End));
            ids.Add(span.Id);
        }

        foreach ((int start, int end) in spans is not null ? [] : Chunks(text))
        {
            int begin = start;
            while (begin < end - 1 && char.IsWhiteSpace(text[begin]))
            {
                begin++;
            }

            foreach (int id in EncodeCached(text[start..end]))
            {
                places.Add(new TokenPlace(ids.Count, begin, end));
                ids.Add(id);
            }
        }
    }

    /// <summary>The parts of a text in which places of answers are counted.</summary>
    private IEnumerable<(int Start, int End)> Chunks(string text) => TextChunks.Of(text, _vocabulary.Kind == WordVocabulary.KindName);

    /// <summary>The tokens of a text, or of two, and the pieces that they stand for.</summary>
    public ExplainedDocument Explain(string first, string? second = null)
    {
        int[] own = Encode(first);
        List<ExplainedPiece> pieces = TextPieces.Of(_vocabulary, own, first, Before.Length, InfluenceSource.Text);
        if (second is not null)
        {
            pieces.AddRange(TextPieces.Of(_vocabulary, Encode(second), second, Before.Length + own.Length + vocabulary.PairSeparators, InfluenceSource.Second));
        }

        return new ExplainedDocument(OfText(first, second), pieces);
    }

    /// <summary>The tokens of words, the pieces that they stand for, and for each word the token that its label is read at, before the delay.</summary>
    public (ExplainedDocument Document, int[] Places) Explain(LabellerInput input, HeadConfiguration head)
    {
        (int[] ids, int[] places) = OfWords(input.Words, head);
        List<ExplainedPiece> pieces = [];
        int token = Before.Length;
        for (int word = 0; word < input.Words.Count; word++)
        {
            int start = input.Starts[word], space = word == 0 ? 0 : 1;
            string text = word == 0 ? input.Words[word] : " " + input.Words[word];
            int[] own = EncodeCached(text);
            // The space before a word is read where the text has none, too.
            int first = space == 1 && start > 0 && char.IsWhiteSpace(input.Text[start - 1]) ? start - 1 : start;
            pieces.AddRange(TextPieces.Of(_vocabulary, own, text, token, InfluenceSource.Text).Select(piece => piece with { Start = Math.Max(first, piece.Start + start - space), End = Math.Max(first, piece.End + start - space) }));
            token += own.Length;
        }

        return (new ExplainedDocument(ids, pieces), Array.ConvertAll(places, place => place - head.Delay));
    }

    /// <summary>The tokens of a question and its text, and the pieces that they stand for.</summary>
    public ExplainedDocument Explain(string question, string text, QuestionTokens tokens)
    {
        List<ExplainedPiece> pieces = TextPieces.Of(_vocabulary, Encode(question), question, tokens.Question, InfluenceSource.Question);
        int token = tokens.Text;
        if (_vocabulary.EncodeSpans(text) is not null)
        {
            pieces.AddRange(TextPieces.Of(_vocabulary, [], text, token, InfluenceSource.Text));
            return new ExplainedDocument(tokens.Ids, pieces);
        }

        foreach ((int start, int end) in Chunks(text))
        {
            int[] chunk = EncodeCached(text[start..end]);
            pieces.AddRange(Moved(TextPieces.Of(_vocabulary, chunk, text[start..end], token, InfluenceSource.Text), start));
            token += chunk.Length;
        }

        return new ExplainedDocument(tokens.Ids, pieces);
    }

    private static int MarkOf(Vocabulary vocabulary) => vocabulary.EndOfLineId ?? vocabulary.EndOfTextId ?? 0;

    private static IEnumerable<ExplainedPiece> Moved(List<ExplainedPiece> pieces, int by) => pieces.Select(piece => piece with { Start = piece.Start + by, End = piece.End + by });

    /// <summary>The tokens of a text without marks.</summary>
    public int[] Encode(string text)
    {
        _tokens.ResetWrittenCount();
        TokenEncoder encoder = CreateEncoder();
        encoder.Append(Encoding.UTF8.GetBytes(text), _tokens);
        encoder.Complete(_tokens);
        return Counted(_tokens.WrittenSpan.ToArray());
    }

    private int[] Counted(int[] ids)
    {
        Unknown += CountUnknown(ids);
        return ids;
    }

    /// <summary>The number of tokens that are not in the vocabulary.</summary>
    public int CountUnknown(ReadOnlySpan<int> ids) => vocabulary.UnknownId is { } unknown ? ids.Count(unknown) : 0;

    private int[] EncodeCached(string text)
    {
        if (_cache.TryGetValue(text, out int[]? ids))
        {
            return Counted(ids);
        }

        ids = Encode(text);
        if (text.Length <= MaxCachedLength && _cache.Count < MaxCached)
        {
            _cache[text] = ids;
        }

        return ids;
    }
}
