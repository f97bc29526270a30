namespace TransformerXL.Training.Dynamic;

/// <summary>Values that were found for a rule, and what they were worth on the text of the search.</summary>
internal sealed record TunedRule
{
    /// <summary>The rule and its values.</summary>
    public required DynamicOptions Options { get; init; }

    /// <summary>Tokens of each segment.</summary>
    public required int TargetLength { get; init; }

    /// <summary>Streams that shared the weights.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Tokens of the text.</summary>
    public required long Tokens { get; init; }

    /// <summary>Nats per token with these values.</summary>
    public required double Loss { get; init; }

    /// <summary>Nats per token of the trained weights.</summary>
    public required double StaticLoss { get; init; }
}
