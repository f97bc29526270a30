namespace TransformerXL.Compression;

/// <summary>How much time a compression may take. Decompression takes as long.</summary>
public enum CompressionProfile
{
    /// <summary>Few contexts.</summary>
    Fast,

    /// <summary>All contexts.</summary>
    Standard,

    /// <summary>All contexts, larger tables, and a small network that learns while it reads.</summary>
    Best,
}
