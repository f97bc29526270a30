namespace TransformerXL.Inference.Serving;

/// <summary>A text to be turned into one vector, see <see cref="Embedder"/>.</summary>
public sealed record EmbeddingRequest
{
    /// <summary>The text, at least one token. It is read after the <see cref="StartToken"/>, whose own state does not count.</summary>
    public required Prompt Prompt { get; init; }

    /// <summary>How the hidden states become one vector.</summary>
    public EmbeddingPooling Pooling { get; init; }

    /// <summary>Whether the vector is scaled to length 1.</summary>
    public bool Normalizes { get; init; }

    /// <inheritdoc cref="GenerationRequest.Client"/>
    public string Client { get; init; } = "";

    /// <inheritdoc cref="GenerationRequest.Timeout"/>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    internal void Validate()
    {
        Require.Present("prompt", Prompt);
        Require.Known("pooling", Pooling);
        Require.Present("client", Client);
        RequestTimeout.Check(Timeout);
    }
}
