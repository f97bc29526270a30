using TransformerXL.Tensors.Random;
using TransformerXL.Text;

namespace TransformerXL.Training.Batches;

/// <summary>
/// The text from beginning to end in segments of random length (<c>get_varlen_iter</c> of the reference's LMOrderedIterator),
/// so that a training does not always cut the text at the same places. The lengths of an epoch are a function of seed and
/// epoch. The last segment may be shorter; as in the reference a single last target row is dropped.
/// </summary>
public sealed class VariableBatches : BatchSource
{
    private const ulong Purpose = 0x7661726C;
    private readonly TokenFile _tokens;
    private readonly TokenStreams _streams;
    private readonly VariableLengths _lengths;
    private readonly int _targetLength, _extendedLength;
    private readonly ulong _seed;
    private RandomStream _random = null!;
    private long _start;

    /// <summary>Lays the streams out and goes to the beginning.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="batchSize">Streams side by side, <c>B</c>.</param>
    /// <param name="targetLength">The length that most segments are near, <c>T</c>.</param>
    /// <param name="extendedLength">Rows of earlier input that are repeated in front of a segment (0 for none).</param>
    /// <param name="lengths">How lengths are drawn.</param>
    /// <param name="seed">Decides the lengths.</param>
    /// <exception cref="InputException">A number is out of range, or the text is too short for a segment of the target length.</exception>
    public VariableBatches(TokenFile tokens, int batchSize, int targetLength, int extendedLength, VariableLengths lengths, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(lengths);
        lengths.Validate();
        BatchLimits.CheckSizes(batchSize, targetLength, extendedLength);
        BatchLimits.CheckSizes(batchSize, lengths.Longest(targetLength), extendedLength);
        BatchLimits.CheckText(tokens, batchSize, targetLength, (targetLength + 1L) * batchSize);
        (_tokens, _lengths, _targetLength, _extendedLength, _seed) = (tokens, lengths, targetLength, extendedLength, seed);
        _streams = new TokenStreams(tokens, batchSize);
        int longest = (int)Math.Min(lengths.Longest(targetLength), _streams.Length - 1);
        MaxShape = new SegmentShape((int)Math.Min((long)longest + extendedLength, _streams.Length - 1), longest, batchSize);
        Seek(1, 0);
    }

    /// <inheritdoc/>
    public override SegmentShape MaxShape { get; }

    private bool Any => _start == 0 || _start < _streams.Length - 2;

    /// <inheritdoc/>
    protected override void Move(int epoch, int segment)
    {
        _random = new RandomStream(_seed, (Purpose << 32) | (uint)epoch);
        _start = 0;
        for (int i = 0; i < segment; i++)
        {
            _start += Any ? NextShape().TargetRows : throw Beyond(_tokens, epoch, segment, i);
        }
    }

    /// <inheritdoc/>
    protected override bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        shape = default;
        if (!Any)
        {
            return false;
        }

        shape = NextShape();
        _streams.Read(_start, shape, inputs, targets);
        _start += shape.TargetRows;
        return true;
    }

    private SegmentShape NextShape() => _streams.ShapeAt(_start, _lengths.Draw(_random, _targetLength), _extendedLength);
}
