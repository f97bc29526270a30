using TransformerXL.Text;
using TransformerXL.Training.Batches;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Pieces of a text with some of their tokens masked. Without a memory each piece stands between <c>[CLS]</c> and <c>[SEP]</c>, and pieces come in an order that
/// is drawn anew for each epoch; with a memory the rows of a batch continue those of the batch before. What is read depends on seed, epoch and number
/// of the segment alone. A target is the token of a place, or <see cref="Masker.NoTarget"/>.
/// </summary>
internal sealed class MaskedBatches : BatchSource
{
    private const uint Purpose = 0x70696563;
    private readonly TokenFile _tokens;
    private readonly Masker _masker;
    private readonly int? _first, _last;
    private readonly int _streams, _length;
    private readonly ulong _seed;
    private readonly bool _continues;
    private readonly int[] _ids, _targets;
    private readonly int _count;
    private readonly long _pieces;
    private Permutation _order;
    private long _offset;
    private int _epoch, _next;

    /// <summary>Cuts the text and goes to the beginning.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="masker">Chooses the masks.</param>
    /// <param name="streams">B.</param>
    /// <param name="length">L: rows of a segment.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="continues">Whether the rows of a batch continue those of the batch before.</param>
    /// <exception cref="InputException">The text is too short for a batch, or the segments for their special tokens.</exception>
    public MaskedBatches(TokenFile tokens, Vocabulary vocabulary, Masker masker, int streams, int length, ulong seed, bool continues)
    {
        BatchLimits.CheckSizes(streams, length, 0);
        (_tokens, _masker, _streams, _seed, _continues) = (tokens, masker, streams, seed, continues);
        (_first, _last) = continues ? (null, null) : (vocabulary.ClassId, vocabulary.SeparatorId);
        _length = length - (_first is null ? 0 : 1) - (_last is null ? 0 : 1);
        Require.That(_length >= 1, $"segments of {length} tokens have no room for text beside their special tokens; use longer ones", [new("context.targetLength")]);
        BatchLimits.CheckText(tokens, streams, _length, (long)streams * _length);
        MaxShape = new SegmentShape(length, length, streams);
        _pieces = tokens.Count / _length;
        _count = (int)Math.Min(int.MaxValue, _pieces / streams);
        (_ids, _targets) = (new int[_length], new int[_length]);
        Seek(1, 0);
    }

    /// <inheritdoc/>
    public override SegmentShape MaxShape { get; }

    /// <inheritdoc/>
    protected override void Move(int epoch, int segment)
    {
        _epoch = epoch;
        _order = new Permutation(_pieces, _seed, (uint)epoch);
        // Pieces begin at other places in each epoch, as far as what fills no piece leaves room.
        long room = _tokens.Count - (_pieces * _length) + 1;
        (uint high, uint low, _, _) = Tensors.Random.Philox.Block(_seed, (uint)epoch, 0, 0, Purpose);
        _offset = _continues ? 0 : (long)((((ulong)high << 32) | low) % (ulong)room);
        _next = segment <= _count ? segment : throw Beyond(_tokens, epoch, segment, _count);
    }

    /// <inheritdoc/>
    protected override bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        shape = MaxShape;
        if (_next == _count)
        {
            return false;
        }

        for (int stream = 0; stream < _streams; stream++)
        {
            long piece = _continues ? ((long)stream * _count) + _next : _order.At(((long)_next * _streams) + stream);
            long position = _offset + (piece * _length);
            _tokens.Read(position, _ids);
            _masker.Mask(_epoch, position, _ids, _targets);
            Lay(stream, inputs, targets);
        }

        _next++;
        return true;
    }

    private void Lay(int stream, Span<int> inputs, Span<int> targets)
    {
        int place = stream;
        void Add(Span<int> inputs, Span<int> targets, int id, int target)
        {
            (inputs[place], targets[place]) = (id, target);
            place += _streams;
        }

        if (_first is { } first)
        {
            Add(inputs, targets, first, Masker.NoTarget);
        }

        for (int i = 0; i < _length; i++)
        {
            Add(inputs, targets, _ids[i], _targets[i]);
        }

        if (_last is { } last)
        {
            Add(inputs, targets, last, Masker.NoTarget);
        }
    }
}
