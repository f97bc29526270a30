namespace TransformerXL.Compression;

/// <summary>How much time a compression may take. Decompression takes as long.</summary>
public enum CompressionProfile
{
    /// <summary>Few contexts.</summary>
    Fast,

    /// <summary>All contexts.</summary>
    Standard,

    /// <summary>More contexts and larger tables, primed with a text, and a small network that learns while it reads: the smallest files, about thirty times slower.</summary>
    Best,
}
