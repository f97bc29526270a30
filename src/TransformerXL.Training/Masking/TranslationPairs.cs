using TransformerXL.Text;
using TransformerXL.Training.Batches;

namespace TransformerXL.Training.Masking;

/// <summary>
/// A line and its translation, <c>[CLS] line [SEP] translation [SEP]</c>, with masks in both (Conneau and Lample 2019, section 3.3): a masked word can be read from its translation. The tokens are lines that each
/// end with <c>[SEP]</c>, a translation after each line. Of a pair that is too long, the longer line is cut at its end first. Between the lines are as many separators as the vocabulary says (<see cref="Vocabulary.PairSeparators"/>).
/// </summary>
internal sealed class TranslationPairs : Sequences
{
    private readonly TokenFile _tokens;
    private readonly Masker _masker;
    private readonly SentenceIndex _lines;
    private readonly PairLayout _layout;
    private int _epoch;

    /// <param name="tokens">The lines.</param>
    /// <param name="vocabulary">The vocabulary, which has special tokens.</param>
    /// <param name="masker">Chooses the masks.</param>
    /// <param name="length">L: the most tokens of a sequence with its special tokens.</param>
    /// <exception cref="InputException">The text has no pairs of lines, or sequences are too short for two lines.</exception>
    public TranslationPairs(TokenFile tokens, Vocabulary vocabulary, Masker masker, int length)
    {
        (_tokens, _masker, MaxLength) = (tokens, masker, length);
        _layout = new PairLayout(vocabulary, length, "lines");
        _lines = SentenceIndex.Build(tokens, _layout.Separator);
        int[] last = new int[tokens.Count > 0 ? 1 : 0];
        tokens.Read(Math.Max(0, tokens.Count - 1), last);
        Require.That(
            tokens.Count > 0 && _lines.Count % 2 == 0 && last[0] == _layout.Separator,
            $"{tokens.Title} has no lines with translations; name the file of the translations", [new("corpus.translationPath")]);
        Count = _lines.Count / 2;
    }

    public override int MaxLength { get; }

    public override long Count { get; }

    public override void Begin(int epoch) => _epoch = epoch;

    public override int Read(long number, Span<int> ids, Span<int> targets, Span<int> extra)
    {
        long start = _lines.Start(2 * number), second = _lines.Start((2 * number) + 1), end = _lines.Start((2 * number) + 2);
        (int one, int two) = Lengths(second - start - 1, end - second - 1);
        (int length, int place) = _layout.Begin(one, two, ids, targets);
        Put(start, ids.Slice(1, one), targets.Slice(1, one));
        Put(second, ids.Slice(place, two), targets.Slice(place, two));
        return length;
    }

    /// <summary>The whole pairs of lines among the first tokens of a text; the first pair if it is longer, and all tokens if there is none.</summary>
    public static int[] Beginning(TokenFile text, long tokens, Vocabulary vocabulary)
    {
        for (long read = tokens; ; read = Math.Min(text.Count, 2 * read))
        {
            int[] ids = new int[read];
            text.Read(0, ids);
            int lines = 0, end = 0;
            for (int i = 0; i < ids.Length && (i < tokens || end == 0); i++)
            {
                lines += ids[i] == vocabulary.SeparatorId ? 1 : 0;
                end = ids[i] == vocabulary.SeparatorId && lines % 2 == 0 ? i + 1 : end;
            }

            if (end > 0 || read == text.Count)
            {
                return end > 0 ? ids[..end] : ids;
            }
        }
    }

    private (int First, int Second) Lengths(long first, long second)
    {
        int room = _layout.Room;
        long half = room / 2;
        return first + second <= room ? ((int)first, (int)second)
            : first <= half ? ((int)first, room - (int)first)
            : second <= half ? (room - (int)second, (int)second)
            : (room - (int)half, (int)half);
    }

    private void Put(long position, Span<int> text, Span<int> targets)
    {
        _tokens.Read(position, text);
        if (!text.IsEmpty)
        {
            _masker.Mask(_epoch, position, text, targets);
        }
    }
}
