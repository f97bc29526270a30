using TransformerXL.Text;

namespace TransformerXL.Training.Batches;

/// <summary>The text from beginning to end in segments of equal length (<see cref="SegmentBatches"/>); each epoch is the same. The last segment may be shorter.</summary>
public sealed class OrderedBatches : BatchSource
{
    private readonly TokenFile _tokens;
    private readonly SegmentBatches _batches;
    private int _next;

    /// <summary>Lays the streams out and goes to the beginning.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="batchSize">Streams side by side, <c>B</c>.</param>
    /// <param name="targetLength">Targets per stream and segment, <c>T</c>.</param>
    /// <param name="extendedLength">Rows of earlier input that are repeated in front of a segment (0 for none).</param>
    /// <exception cref="InputException">A number is out of range, or the text gives no whole segment.</exception>
    public OrderedBatches(TokenFile tokens, int batchSize, int targetLength, int extendedLength = 0)
    {
        _batches = new SegmentBatches(tokens, batchSize, targetLength, extendedLength, requireFullSegment: true);
        _tokens = tokens;
        Seek(1, 0);
    }

    /// <inheritdoc/>
    public override SegmentShape MaxShape => _batches.MaxShape;

    /// <inheritdoc/>
    protected override void Move(int epoch, int segment) =>
        _next = segment <= _batches.Count ? segment : throw Beyond(_tokens, epoch, segment, _batches.Count);

    /// <inheritdoc/>
    protected override bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        bool any = _next < _batches.Count;
        shape = any ? _batches.Read(_next++, inputs, targets) : default;
        return any;
    }
}
