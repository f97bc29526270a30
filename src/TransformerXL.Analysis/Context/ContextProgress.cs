namespace TransformerXL.Analysis.Context;

/// <summary>The progress of a measurement.</summary>
/// <param name="Name">The model.</param>
/// <param name="Tokens">Tokens read.</param>
/// <param name="TotalTokens">Tokens to read.</param>
/// <param name="Elapsed">Time since the beginning.</param>
public sealed record ContextProgress(string Name, long Tokens, long TotalTokens, TimeSpan Elapsed)
{
    /// <summary>The estimated time of the rest.</summary>
    public TimeSpan TimeLeft => Tokens == 0 ? TimeSpan.Zero : Elapsed * ((double)(TotalTokens - Tokens) / Tokens);
}
