namespace TransformerXL.Text;

/// <summary>
/// Splits a token sequence into <c>B</c> parallel streams of equal length, and those into segments of <c>T</c> targets
/// (the reference's LMOrderedIterator): row <c>b</c> of segment <c>k+1</c> continues row <c>b</c> of segment <c>k</c>, so that
/// memory can be carried. Segments are read by index, so a resumed run continues exactly. Ids after the last whole step
/// are dropped and the first id of a stream is never a target. Thread-safe; reading allocates nothing.
/// </summary>
public sealed class SegmentBatches
{
    private readonly TokenFile _tokens;
    private readonly TokenStreams _streams;

    /// <summary>Creates the streams.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="batchSize">Number of parallel streams, <c>B</c>.</param>
    /// <param name="targetLength">Targets per stream and segment, <c>T</c>; the last segment may be shorter.</param>
    /// <param name="extendedLength">Rows of earlier input that are repeated in front of a segment (0 for none).</param>
    /// <param name="requireFullSegment">Whether to reject a text that is too short for a first segment of <c>T</c> targets, as training does.</param>
    /// <exception cref="InputException">A number is out of range, or the text is too short.</exception>
    public SegmentBatches(TokenFile tokens, int batchSize, int targetLength, int extendedLength = 0, bool requireFullSegment = false)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        BatchLimits.CheckSizes(batchSize, targetLength, extendedLength);
        BatchLimits.CheckText(tokens, batchSize, targetLength, (requireFullSegment ? targetLength + 1L : 2L) * batchSize);
        _tokens = tokens;
        BatchSize = batchSize;
        TargetLength = targetLength;
        ExtendedLength = extendedLength;
        _streams = new TokenStreams(tokens, batchSize);
        long count = (StreamLength - 1 + targetLength - 1) / targetLength;
        Count = count <= int.MaxValue ? (int)count : throw new InputException($"{tokens.Title} gives {count} segments; at most {int.MaxValue} are possible, so use a larger target length than {targetLength}");
    }

    /// <summary>Number of parallel streams, <c>B</c>.</summary>
    public int BatchSize { get; }

    /// <summary>Targets per stream and segment, <c>T</c>; the last segment may have fewer.</summary>
    public int TargetLength { get; }

    /// <summary>Maximum number of rows of earlier input before a segment.</summary>
    public int ExtendedLength { get; }

    /// <summary>Ids per stream.</summary>
    public long StreamLength => _streams.Length;

    /// <summary>Number of segments, including a shorter last one.</summary>
    public int Count { get; }

    /// <summary>Number of targets in all segments together.</summary>
    public long TargetTokens => (StreamLength - 1) * BatchSize;

    /// <summary>Number of ids at the end that are in no stream.</summary>
    public long DroppedTokens => _tokens.Count - (StreamLength * BatchSize);

    /// <summary>The largest shape of any segment, for buffers.</summary>
    public SegmentShape MaxShape => new(
        (int)Math.Min((long)TargetLength + ExtendedLength, StreamLength - 1), (int)Math.Min(TargetLength, StreamLength - 1), BatchSize);

    /// <summary>The shape of segment <paramref name="index"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in <c>0 .. Count-1</c>.</exception>
    public SegmentShape GetShape(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"segment {index} is not in 0..{Count - 1}");
        }
        return _streams.ShapeAt((long)index * TargetLength, TargetLength, ExtendedLength);
    }

    /// <summary>Reads segment <paramref name="index"/>, time-major: id of row <c>t</c>, stream <c>b</c> at <c>t * B + b</c>.</summary>
    /// <param name="index">The segment.</param>
    /// <param name="inputs">Receives the inputs <c>(InputRows, B)</c>.</param>
    /// <param name="targets">Receives the targets <c>(TargetRows, B)</c>: the ids that follow the last <c>TargetRows</c> inputs.</param>
    /// <returns>The shape of the segment.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in <c>0 .. Count-1</c>.</exception>
    /// <exception cref="ArgumentException">A buffer is too small.</exception>
    public SegmentShape Read(int index, Span<int> inputs, Span<int> targets)
    {
        SegmentShape shape = GetShape(index);
        if (inputs.Length < shape.InputCount || targets.Length < shape.TargetCount)
        {
            throw new ArgumentException($"segment {index} needs {shape.InputCount} inputs and {shape.TargetCount} targets; the buffers hold {inputs.Length} and {targets.Length}");
        }
        _streams.Read((long)index * TargetLength, shape, inputs, targets);
        return shape;
    }
}
