namespace TransformerXL.Inference.Serving;

/// <summary>A text to be scored.</summary>
public sealed record ScoreRequest
{
    /// <summary>The text. Outside a conversation it is read after the <see cref="StartToken"/>.</summary>
    public required Prompt Prompt { get; init; }

    /// <summary>How many of the most probable tokens are given at each place; 0 for none.</summary>
    public int Top { get; init; }

    /// <inheritdoc cref="GenerationRequest.Client"/>
    public string Client { get; init; } = "";

    /// <inheritdoc cref="GenerationRequest.Timeout"/>
    public TimeSpan? Timeout { get; init; }

    /// <inheritdoc cref="GenerationRequest.Operation"/>
    public string Operation { get; init; } = "score";

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    internal void Validate()
    {
        Require.Present("prompt", Prompt);
        Require.Between("top", Top, 0, int.MaxValue);
        Require.Present("operation", Operation);
        Require.Present("client", Client);
        RequestTimeout.Check(Timeout);
    }
}
