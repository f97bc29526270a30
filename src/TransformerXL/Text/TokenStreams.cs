namespace TransformerXL.Text;

/// <summary>A token sequence split into <c>B</c> parallel streams of equal length; ids after the last whole step are dropped.</summary>
internal sealed class TokenStreams(TokenFile tokens, int batchSize)
{
    private const int ChunkTokens = 256;

    /// <summary>Ids per stream.</summary>
    public long Length { get; } = tokens.Count / batchSize;

    /// <summary>The shape of the segment whose targets follow the rows <paramref name="start"/> and on.</summary>
    public SegmentShape ShapeAt(long start, int targetLength, int extendedLength)
    {
        int targetRows = (int)Math.Min(targetLength, Length - 1 - start);
        return new SegmentShape((int)Math.Min(start, extendedLength) + targetRows, targetRows, batchSize);
    }

    /// <summary>Reads the segment of that shape, time-major.</summary>
    public void Read(long start, SegmentShape shape, Span<int> inputs, Span<int> targets)
    {
        long first = start - (shape.InputRows - shape.TargetRows);
        Span<int> chunk = stackalloc int[ChunkTokens];
        for (int stream = 0; stream < batchSize; stream++)
        {
            // One more id than inputs: the last one is only a target.
            for (int row = 0; row <= shape.InputRows; row += ChunkTokens)
            {
                Span<int> ids = chunk[..Math.Min(ChunkTokens, shape.InputRows + 1 - row)];
                tokens.Read((stream * Length) + first + row, ids);
                Scatter(ids, row, shape, stream, inputs, targets);
            }
        }
    }

    private static void Scatter(ReadOnlySpan<int> ids, int firstRow, SegmentShape shape, int stream, Span<int> inputs, Span<int> targets)
    {
        int targetShift = shape.InputRows - shape.TargetRows + 1;
        for (int i = 0; i < ids.Length; i++)
        {
            int row = firstRow + i;
            if (row < shape.InputRows)
            {
                inputs[(row * shape.BatchSize) + stream] = ids[i];
            }
            if (row >= targetShift)
            {
                targets[((row - targetShift) * shape.BatchSize) + stream] = ids[i];
            }
        }
    }
}
