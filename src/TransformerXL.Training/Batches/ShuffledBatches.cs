using TransformerXL.Tensors.Random;
using TransformerXL.Text;

namespace TransformerXL.Training.Batches;

/// <summary>
/// Pieces of the text in random order, drawn anew for each epoch together with the place where the first piece begins. Each of the <c>B</c>
/// rows reads one piece after the other, in segments of equal length; memory goes on from the end of a piece to the beginning of the next
/// one. A batch is then a mixture of the whole text at any time, and no segment is cut as in the epoch before. What fills no piece, and the
/// last pieces that are fewer than the rows, are left out of an epoch. Order and place are functions of seed and epoch and take no memory.
/// </summary>
public sealed class ShuffledBatches : BatchSource
{
    /// <summary>Segments of a piece. A training of less than an epoch meets more places of the text the shorter pieces are; the memory belongs to another place for one segment of so many.</summary>
    private const int LongestPiece = 8;

    /// <summary>A short text has shorter pieces, so that each row has at least this number of pieces.</summary>
    private const int PiecesPerRow = 4;

    private const uint Purpose = 0x73687566;
    private readonly TokenFile _tokens;
    private readonly int _batchSize, _targetLength, _extendedLength, _pieceSegments;
    private readonly long _pieceLength;
    private readonly ulong _seed;
    private readonly int[] _ids;
    private Permutation _order;
    private long _offset;
    private int _count, _next;

    /// <summary>Cuts the text and goes to the beginning.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="batchSize">Streams side by side, <c>B</c>.</param>
    /// <param name="targetLength">Targets per stream and segment, <c>T</c>.</param>
    /// <param name="extendedLength">Rows of earlier input of the same piece that are repeated in front of a segment (0 for none).</param>
    /// <param name="seed">Decides order and places.</param>
    /// <exception cref="InputException">A number is out of range, or the text is too short for a segment.</exception>
    public ShuffledBatches(TokenFile tokens, int batchSize, int targetLength, int extendedLength, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        BatchLimits.CheckSizes(batchSize, targetLength, extendedLength);
        BatchLimits.CheckText(tokens, batchSize, targetLength, (targetLength + 1L) * batchSize);
        (_tokens, _batchSize, _targetLength, _extendedLength, _seed) = (tokens, batchSize, targetLength, extendedLength, seed);
        long segments = (tokens.Count - 1) / targetLength / batchSize;
        Require.That(segments <= int.MaxValue, $"{tokens.Title} gives {segments} segments; at most {int.MaxValue} are possible, so use a larger target length than {targetLength}");
        _pieceSegments = (int)Math.Clamp(segments / PiecesPerRow, 1, LongestPiece);
        _pieceLength = (long)_pieceSegments * targetLength;
        int repeated = (int)Math.Min(extendedLength, _pieceLength - targetLength);
        MaxShape = new SegmentShape(targetLength + repeated, targetLength, batchSize);
        _ids = new int[MaxShape.InputRows + 1];
        Seek(1, 0);
    }

    /// <inheritdoc/>
    public override SegmentShape MaxShape { get; }

    /// <inheritdoc/>
    protected override void Move(int epoch, int segment)
    {
        // At least one piece for each row follows the first.
        long places = Math.Min(_pieceLength, _tokens.Count - (_batchSize * _pieceLength));
        (uint high, uint low, _, _) = Philox.Block(_seed, (uint)epoch, 0, 0, Purpose);
        _offset = (long)((((ulong)high << 32) | low) % (ulong)places);
        long pieces = (_tokens.Count - 1 - _offset) / _pieceLength;
        _order = new Permutation(pieces, _seed, (uint)epoch);
        _count = (int)(pieces / _batchSize) * _pieceSegments;
        _next = segment <= _count ? segment : throw Beyond(_tokens, epoch, segment, _count);
    }

    /// <inheritdoc/>
    protected override bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        shape = default;
        if (_next == _count)
        {
            return false;
        }

        (int round, int segment) = Math.DivRem(_next++, _pieceSegments);
        long start = (long)segment * _targetLength;
        int repeated = (int)Math.Min(start, _extendedLength);
        shape = new SegmentShape(repeated + _targetLength, _targetLength, _batchSize);
        for (int stream = 0; stream < _batchSize; stream++)
        {
            long piece = _order.At(((long)round * _batchSize) + stream);
            ReadStream(_offset + (piece * _pieceLength) + start - repeated, stream, shape, inputs, targets);
        }

        return true;
    }

    private void ReadStream(long first, int stream, SegmentShape shape, Span<int> inputs, Span<int> targets)
    {
        // One more id than inputs: the last is only a target.
        Span<int> ids = _ids.AsSpan(0, shape.InputRows + 1);
        _tokens.Read(first, ids);
        for (int row = 0; row < shape.InputRows; row++)
        {
            inputs[(row * _batchSize) + stream] = ids[row];
        }

        int repeated = shape.InputRows - shape.TargetRows;
        for (int row = 0; row < shape.TargetRows; row++)
        {
            targets[(row * _batchSize) + stream] = ids[repeated + row + 1];
        }
    }
}
