namespace TransformerXL.Text.BytePairs.AddedTokens;

/// <summary>A token that is matched in the original text, before splitting and merging.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Id">Its id.</param>
internal sealed record AddedToken(string Text, int Id)
{
    /// <summary>Whether it represents something other than text, such as the end of a document.</summary>
    public bool IsSpecial { get; init; } = true;

    /// <summary>Whether white space before it belongs to it.</summary>
    public bool TakesSpaceBefore { get; init; }

    /// <summary>Whether white space after it belongs to it.</summary>
    public bool TakesSpaceAfter { get; init; }

    /// <summary>Whether it is matched in the normalized text, where no other added token was found.</summary>
    public bool IsNormalized { get; init; }

    /// <summary>Whether it is special and matched only by its text, like the tokens of a training.</summary>
    public bool IsPlain => this == new AddedToken(Text, Id);
}
