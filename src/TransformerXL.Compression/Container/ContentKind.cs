namespace TransformerXL.Compression.Container;

/// <summary>What the plain bytes of a compressed file are. The numbers are a part of the format.</summary>
internal enum ContentKind : byte
{
    /// <summary>Any bytes.</summary>
    Bytes = 0,

    /// <summary>Several files and folders with their names.</summary>
    Files = 1,
}
