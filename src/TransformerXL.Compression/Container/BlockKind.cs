namespace TransformerXL.Compression.Container;

/// <summary>How the bytes of a block are stored. The numbers are a part of the format.</summary>
internal enum BlockKind : byte
{
    /// <summary>No block: the end of the file follows.</summary>
    End = 0,

    /// <summary>As they are; the predictor did not read them.</summary>
    Stored = 1,

    /// <summary>As they are; the predictor has learned from them.</summary>
    Learned = 2,

    /// <summary>By Brotli; the predictor did not read them.</summary>
    Brotli = 3,

    /// <summary>By the predictor.</summary>
    Predicted = 4,
}
