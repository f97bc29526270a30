namespace TransformerXL.Server.OpenAi;

/// <summary>The tokens of a request.</summary>
/// <param name="PromptTokens">Tokens of the prompts.</param>
/// <param name="CompletionTokens">Tokens written.</param>
/// <param name="TotalTokens">Their sum.</param>
internal sealed record Usage(long PromptTokens, long CompletionTokens, long TotalTokens)
{
    /// <summary>What of the prompts need not be read.</summary>
    public required PromptDetails PromptTokensDetails { get; init; }

    public static Usage Of(long prompt, long cached, long completion) =>
        new(prompt, completion, prompt + completion) { PromptTokensDetails = new PromptDetails(cached) };
}

/// <summary>What of the prompts need not be read.</summary>
/// <param name="CachedTokens">Tokens that were read by an earlier request, whose memory was reused.</param>
internal sealed record PromptDetails(long CachedTokens);
