namespace TransformerXL.Compression.Coding;

/// <summary>Codes bits or decodes them, so that both directions are one piece of code that cannot differ.</summary>
internal interface IBitCoder
{
    /// <summary>Codes a bit, or returns the one that was coded.</summary>
    /// <param name="bit">The bit; its value does not matter to a decoder.</param>
    /// <param name="probability">That the bit is 1, in units of 1/65536, from 1 to 65535.</param>
    int Code(int bit, int probability);
}
