namespace TransformerXL.Text.BytePairs.AddedTokens;

/// <summary>A token that is found in the unchanged text, before anything is split or merged.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Id">Its id.</param>
internal sealed record AddedToken(string Text, int Id)
{
    /// <summary>Whether it stands for something that is no text, such as the end of a document.</summary>
    public bool IsSpecial { get; init; } = true;

    /// <summary>Whether white space before it belongs to it.</summary>
    public bool TakesSpaceBefore { get; init; }

    /// <summary>Whether white space after it belongs to it.</summary>
    public bool TakesSpaceAfter { get; init; }

    /// <summary>Whether it is looked for when the text is normalized, and only where no other token was found.</summary>
    public bool IsNormalized { get; init; }

    /// <summary>Whether it is found by its text alone and special, like those of a training.</summary>
    public bool IsPlain => this == new AddedToken(Text, Id);
}
