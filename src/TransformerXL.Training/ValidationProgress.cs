namespace TransformerXL.Training;

/// <summary>How far a validation is.</summary>
/// <param name="Step">Optimizer steps taken.</param>
/// <param name="Tokens">Tokens predicted so far.</param>
/// <param name="TotalTokens">Tokens to predict.</param>
/// <param name="WritesSample">Whether the loss is measured and the model writes its sample now.</param>
/// <param name="Elapsed">Time since the validation began.</param>
public sealed record ValidationProgress(long Step, long Tokens, long TotalTokens, bool WritesSample, TimeSpan Elapsed)
{
    /// <summary>Time until the loss is known at the rate so far; the sample comes after it.</summary>
    public TimeSpan Remaining => Tokens == 0 ? TimeSpan.Zero : Elapsed * ((double)(TotalTokens - Tokens) / Tokens);
}
