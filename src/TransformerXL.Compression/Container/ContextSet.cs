namespace TransformerXL.Compression.Container;

/// <summary>Which contexts a predictor mixes. The numbers are a part of the format.</summary>
internal enum ContextSet : byte
{
    /// <summary>The orders 1 to 6 and words, for speed.</summary>
    Few = 0,

    /// <summary>All of them.</summary>
    All = 1,
}
