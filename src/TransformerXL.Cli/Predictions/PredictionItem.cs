namespace TransformerXL.Cli.Predictions;

/// <summary>Something to predict for, and where it came from.</summary>
/// <param name="Line">Its line, from 1.</param>
internal sealed record PredictionItem(long Line)
{
    /// <summary>Its name in the input.</summary>
    public string? Id { get; init; }

    /// <summary>Whether the name is a number, and not a string.</summary>
    public bool HasNumberedId { get; init; }

    /// <summary>The text, or what a question is about.</summary>
    public string Text { get; init; } = "";

    /// <summary>The second text of a pair.</summary>
    public string? Second { get; init; }

    /// <summary>The words, where they are given one by one.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>What places count in: the text, or words as if separated by single spaces.</summary>
    public string PlacedText => Words is null ? Text : string.Join(' ', Words);

    /// <summary>The question.</summary>
    public string? Question { get; init; }
}
