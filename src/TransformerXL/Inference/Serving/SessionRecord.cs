namespace TransformerXL.Inference.Serving;

/// <summary>What a store keeps beside the state of a session.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Owner">To whom it belongs.</param>
/// <param name="Name">A name for people, possibly empty.</param>
/// <param name="Version">How often it was saved, from 1.</param>
/// <param name="Tokens">Tokens read.</param>
/// <param name="Created">When it was opened.</param>
/// <param name="LastUsed">When it was last used.</param>
public sealed record SessionRecord(string Id, string Owner, string Name, long Version, long Tokens, DateTimeOffset Created, DateTimeOffset LastUsed)
{
    /// <summary>Steps that its weights have taken; null if it does not learn from what it reads.</summary>
    public long? LearningSteps { get; init; }
}
