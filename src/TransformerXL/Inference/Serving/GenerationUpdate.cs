namespace TransformerXL.Inference.Serving;

/// <summary>
/// A part of a continuation. Text that may begin a stop string is held back, so that an update may hold no text, or that of several tokens. A
/// token comes with the update that gives its first byte; tokens of a stop string that is not given out are left out.
/// </summary>
public sealed record GenerationUpdate
{
    /// <summary>The continuation, from 0; see <see cref="GenerationRequest.Samples"/>.</summary>
    public int Choice { get; init; }

    /// <summary>Whether this is a part of the prompt (<see cref="GenerationRequest.ScoresPrompt"/>), which comes once, before all continuations.</summary>
    public bool IsPrompt { get; init; }

    /// <summary>The characters that became complete, possibly none.</summary>
    public string Text { get; init; } = "";

    /// <summary>The bytes that were added; a character may be split between updates.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>The tokens that were added, possibly none.</summary>
    public IReadOnlyList<TokenResult> Tokens { get; init; } = [];

    /// <summary>The last token that was read before the continuation; null if there is none, and in a part of the prompt.</summary>
    internal int? Before { get; init; }

    /// <summary>Why this continuation ended; null in all but its last update.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>The stop string that ended it, or null.</summary>
    public string? StopString { get; init; }

    /// <summary>The stop token or end of text that ended it, or null.</summary>
    public int? StopToken { get; init; }

    /// <summary>What was read and written; null in all but the last update of a continuation.</summary>
    public TokenUsage? Usage { get; init; }
}
