namespace TransformerXL.Compression.Networks;

/// <summary>Architecture of a network that begins with random weights.</summary>
internal enum NetworkKind
{
    /// <summary>Layers of attention and feed-forward blocks.</summary>
    TransformerXL,

    /// <summary>Layers of long short-term memory.</summary>
    Lstm,
}
