namespace TransformerXL.Inference;

/// <summary>What an explanation measures.</summary>
public sealed record ExplanationOptions
{
    /// <summary>The label to explain, of a model of labels of texts; the predicted one if null.</summary>
    public string? Label { get; init; }

    /// <summary>
    /// The most pieces that are left out one by one, those with the largest gradient times input; 0 for none. Each costs a forward pass of the text.
    /// </summary>
    public int MaxLeftOut { get; init; } = 256;

    /// <summary>The most tokens of a text: the gradient of a text needs memory for all of its tokens at once.</summary>
    public int MaxTokens { get; init; } = 16_384;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Between("number of pieces to leave out", MaxLeftOut, 0, 1 << 24, nameof(MaxLeftOut));
        Require.Between("maximum number of tokens", MaxTokens, 1, 1 << 24, nameof(MaxTokens));
    }
}
