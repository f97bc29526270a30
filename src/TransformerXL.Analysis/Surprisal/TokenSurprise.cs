namespace TransformerXL.Analysis.Surprisal;

/// <summary>How well one token was predicted with memory and without.</summary>
/// <param name="Position">The position of the token in the text, from 0.</param>
/// <param name="Id">The token.</param>
/// <param name="PlaceInSegment">Its position p in its segment, from 0: without memory it is predicted from p + 1 tokens.</param>
/// <param name="WithMemory">-log2 of its probability, from the segment and the memory.</param>
/// <param name="WithoutMemory">-log2 of its probability, from the segment alone.</param>
public readonly record struct TokenSurprise(long Position, int Id, int PlaceInSegment, double WithMemory, double WithoutMemory)
{
    /// <summary>The bits that the memory saves.</summary>
    public double Gain => WithoutMemory - WithMemory;
}
