using TransformerXL.Text;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Two texts of whole sentences, <c>[CLS] first [SEP] second [SEP]</c>, and a label; between them are as many separators as the vocabulary says (<see cref="Vocabulary.PairSeparators"/>). A run of sentences of a piece of the text is cut at the beginning of one of its sentences. With
/// <see cref="SecondObjective.SentenceOrder"/> the parts of half of the sequences are exchanged (Lan et al. 2020, section 3.1); with <see cref="SecondObjective.NextSentence"/> the second text of half of the sequences
/// is from another place (Devlin et al. 2019, section 3.1), if the text has three pieces or more. Label 0 is the text as it is.
/// </summary>
internal sealed class SentencePairs : Sequences
{
    private const uint Order = 0x70616972;
    private readonly TokenFile _tokens;
    private readonly Masker _masker;
    private readonly SentenceStarts _starts;
    private readonly SecondObjective _objective;
    private readonly PairLayout _layout;
    private readonly int _room;
    private readonly ulong _seed;
    private readonly bool _isStatic;
    private readonly int[] _window, _others;
    private int _epoch;

    /// <param name="tokens">The text.</param>
    /// <param name="vocabulary">The vocabulary, which has special tokens.</param>
    /// <param name="masker">Chooses the masks.</param>
    /// <param name="options">The second objective, and whether pairs are the same in every epoch.</param>
    /// <param name="length">L: the most tokens of a sequence with its special tokens.</param>
    /// <param name="seed">Decides all choices.</param>
    /// <exception cref="InputException">The vocabulary has no special tokens, or sequences are too short for two texts.</exception>
    public SentencePairs(TokenFile tokens, Vocabulary vocabulary, Masker masker, MaskingOptions options, int length, ulong seed)
    {
        (_tokens, _masker, _objective, _isStatic, _seed, MaxLength) = (tokens, masker, options.SecondObjective, options.IsStatic, seed, length);
        _layout = new PairLayout(vocabulary, length, "texts");
        _room = _layout.Room;
        _starts = new SentenceStarts(vocabulary);
        (_window, _others) = (new int[(2 * _room) + 2], new int[(2 * _room) + 2]);
        Count = tokens.Count / _room;
    }

    public override int MaxLength { get; }

    public override long Count { get; }

    public override int ExtraRows(int rows) => 1;

    public override void Begin(int epoch) => _epoch = epoch;

    public override int Read(long number, Span<int> ids, Span<int> targets, Span<int> extra)
    {
        (uint label, uint cut, uint place, _) = Draw(_seed, number, _isStatic ? 0 : (uint)_epoch, Order);
        (long start, int length) = Run(number * _room, _room, _window, out Span<int> run);
        int split = Cut(run[..length], cut);
        bool isChanged = (label & 1) != 0 && (_objective == SecondObjective.SentenceOrder || Count > 2);
        extra[0] = isChanged ? 1 : 0;
        Part first = new(start, run[..split]), second = new(start + split, run[split..length]);
        if (isChanged && _objective == SecondObjective.SentenceOrder)
        {
            return Lay(second, first, ids, targets);
        }

        if (isChanged)
        {
            // The text of this piece may end in the next one, which may begin with the true second text.
            long other = (number + 2 + (long)(Share(place) * (Count - 2))) % Count;
            (long from, int count) = Run(other * _room, _room - split, _others, out Span<int> another);
            second = new Part(from, another[..count]);
        }

        return Lay(first, second, ids, targets);
    }

    /// <summary>
    /// A run of at most so many tokens from the first beginning of a sentence at or after a position, to the end of its last whole sentence; where there is none, to the last token.
    /// </summary>
    private (long Start, int Length) Run(long position, int max, int[] window, out Span<int> run)
    {
        // The token before tells whether a sentence begins at the position, the one after whether the last one is whole.
        long from = Math.Max(0, position - 1), end = Math.Min(_tokens.Count, position + _room + max + 1);
        int before = (int)(position - from);
        Span<int> read = window.AsSpan(0, (int)(end - from));
        _tokens.Read(from, read);
        Span<int> text = read[before..];
        int begin = position == 0 || _starts.Begins(read[0], text[0]) ? 0 : FirstStart(text, 1, Math.Min(_room, text.Length));
        // The text may end soon after the first whole sentence.
        begin = begin < 0 || text.Length - begin < Math.Max(2, max / 2) ? 0 : begin;
        int length = Math.Min(max, text.Length - begin);
        run = text[begin..];
        for (int last = length; last > 1; last--)
        {
            if (last == run.Length || _starts.Begins(run[last - 1], run[last]))
            {
                return (position + begin, last);
            }
        }

        return (position + begin, length);
    }

    private int FirstStart(ReadOnlySpan<int> text, int from, int end)
    {
        for (int i = from; i < end; i++)
        {
            if (_starts.Begins(text[i - 1], text[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The place of the second text: the beginning of a sentence, or the middle of a single sentence.</summary>
    private int Cut(ReadOnlySpan<int> run, uint drawn)
    {
        int count = 0;
        for (int i = FirstStart(run, 1, run.Length); i > 0; i = FirstStart(run, i + 1, run.Length))
        {
            count++;
        }

        int place = run.Length / 2;
        for (int n = count == 0 ? -1 : (int)(Share(drawn) * count), i = 0; n >= 0; n--)
        {
            place = i = FirstStart(run, i + 1, run.Length);
        }

        return place;
    }

    private int Lay(Part first, Part second, Span<int> ids, Span<int> targets)
    {
        (int length, int place) = _layout.Begin(first.Tokens.Length, second.Tokens.Length, ids, targets);
        Put(first, 1, ids, targets);
        Put(second, place, ids, targets);
        return length;
    }

    private void Put(Part part, int place, Span<int> ids, Span<int> targets)
    {
        Span<int> text = ids.Slice(place, part.Tokens.Length);
        part.Tokens.CopyTo(text);
        _masker.Mask(_epoch, part.Position, text, targets.Slice(place, text.Length));
    }

    private readonly ref struct Part(long position, ReadOnlySpan<int> tokens)
    {
        public long Position { get; } = position;

        public ReadOnlySpan<int> Tokens { get; } = tokens;
    }
}
