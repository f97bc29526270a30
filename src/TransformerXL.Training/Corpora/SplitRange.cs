namespace TransformerXL.Training.Corpora;

/// <summary>The byte range of a split in a source, from <paramref name="Start"/> (inclusive) to <paramref name="End"/> (exclusive).</summary>
internal sealed record SplitRange(string Name, TextSource? Source, long Start, long End)
{
    public long Length => End - Start;

    public IEnumerable<ReadOnlyMemory<byte>> ReadChunks() => Source?.ReadChunks(Start, End) ?? [];

    public static SplitRange Whole(string name, TextSource source) => new(name, source, 0, source.Length);

    public static SplitRange Empty(string name) => new(name, null, 0, 0);
}
