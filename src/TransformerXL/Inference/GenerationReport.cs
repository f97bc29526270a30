namespace TransformerXL.Inference;

/// <summary>The number of tokens that a generation has read and written: reported once after the prompt and once at the end of each continuation.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="UnknownTokens">The number of unknown tokens among them.</param>
/// <param name="GeneratedTokens">Tokens written.</param>
/// <param name="StoppedBy">The stop string that ended the text, or null.</param>
public sealed record GenerationReport(long PromptTokens, long UnknownTokens, long GeneratedTokens, string? StoppedBy)
{
    /// <summary>The continuation that ended, from 0; see <see cref="GenerationOptions.Samples"/>.</summary>
    public int Sample { get; init; }

    /// <summary>The name of the token that ended it, or null; see <see cref="GenerationOptions.StopsAtEndOfText"/> and <see cref="GenerationOptions.StopTokens"/>.</summary>
    public string? StopToken { get; init; }

    /// <summary>What the prompt ends with, if longer tokens begin with it; null where it is healed, and where it ends with a whole token.</summary>
    public OpenPromptEnd? OpenEnd { get; init; }

    /// <summary>Tokens of the prompt that were taken back and written again, because longer tokens begin with them.</summary>
    public int HealedTokens { get; init; }
}
