namespace TransformerXL.Training.Corpora;

/// <summary>The part of a source that is one of the splits, from <paramref name="Start"/> to before <paramref name="End"/> in bytes.</summary>
internal sealed record SplitRange(string Name, TextSource? Source, long Start, long End)
{
    public long Length => End - Start;

    public IEnumerable<ReadOnlyMemory<byte>> ReadChunks() => Source?.ReadChunks(Start, End) ?? [];

    public static SplitRange Whole(string name, TextSource source) => new(name, source, 0, source.Length);

    public static SplitRange Empty(string name) => new(name, null, 0, 0);
}
