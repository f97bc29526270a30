using TransformerXL.Tensors.Random;
using TransformerXL.Text;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Pieces of a text, each between its special tokens, such as <c>[CLS]</c> and <c>[SEP]</c>, unless they continue each other. The start shifts in each epoch, by at most the tokens that fill no piece.
/// </summary>
internal class TextPieces : Sequences
{
    private const uint Purpose = 0x70696563;
    private readonly TokenFile _tokens;
    private readonly Masker _masker;
    private readonly int[] _before, _after;
    private readonly ulong _seed;
    private readonly bool _continues;
    private readonly int _length;
    private long _offset;
    private int _epoch;

    /// <param name="tokens">The text.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="masker">Chooses the targets.</param>
    /// <param name="length">L: tokens of a sequence with its special tokens.</param>
    /// <param name="seed">Decides where pieces begin.</param>
    /// <param name="continues">Whether a piece continues the one before, so that there are no special tokens.</param>
    /// <exception cref="InputException">The sequences are too short for their special tokens.</exception>
    public TextPieces(TokenFile tokens, Vocabulary vocabulary, Masker masker, int length, ulong seed, bool continues)
    {
        (_tokens, _masker, _seed, _continues, MaxLength) = (tokens, masker, seed, continues, length);
        TextTemplate template = new(vocabulary);
        (_before, _after) = continues ? ([], []) : (template.Before, template.After);
        _length = continues ? length : template.RoomIn(length);
        Count = tokens.Count / _length;
    }

    public override int MaxLength { get; }

    public override long Count { get; }

    /// <summary>Tokens of text in a sequence.</summary>
    public int TextLength => _length;

    public override void Begin(int epoch)
    {
        _epoch = epoch;
        long room = _tokens.Count - (Count * _length) + 1;
        (uint high, uint low, _, _) = Philox.Block(_seed, (uint)epoch, 0, 0, Purpose);
        _offset = _continues ? 0 : (long)((((ulong)high << 32) | low) % (ulong)room);
    }

    public override int Read(long number, Span<int> ids, Span<int> targets, Span<int> extra)
    {
        int before = _before.Length, count = before + _length + _after.Length;
        long position = _offset + (number * _length);
        Span<int> text = ids.Slice(before, _length);
        targets[..count].Fill(Masker.NoTarget);
        _tokens.Read(position, text);
        Choose(_epoch, position, text, targets.Slice(before, _length), extra.IsEmpty ? extra : extra.Slice(before, _length));
        _before.CopyTo(ids);
        _after.CopyTo(ids[(before + _length)..]);
        return count;
    }

    /// <summary>Chooses the targets of a piece.</summary>
    private protected virtual void Choose(int epoch, long position, Span<int> text, Span<int> targets, Span<int> extra) => _masker.Mask(epoch, position, text, targets);
}
