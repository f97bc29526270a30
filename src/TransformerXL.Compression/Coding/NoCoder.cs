namespace TransformerXL.Compression.Coding;

/// <summary>Codes nothing: the predictor learns from a block that is stored as it is.</summary>
internal readonly struct NoCoder : IBitCoder
{
    /// <inheritdoc/>
    public int Code(int bit, int probability) => bit;
}
