namespace TransformerXL.Compression.Mixing;

/// <summary>Predicts bytes bit by bit, from the highest, and learns from every bit.</summary>
internal interface IBytePredictor
{
    /// <summary>Begins the next byte.</summary>
    /// <param name="frequencies">What the network gives each byte; empty without a network.</param>
    void BeginByte(ReadOnlySpan<int> frequencies);

    /// <summary>Probability that the next bit is 1, in units of 1/65536.</summary>
    int Predict();

    /// <summary>Learns the bit.</summary>
    void Update(int bit);
}
