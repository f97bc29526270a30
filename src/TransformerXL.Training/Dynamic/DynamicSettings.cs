namespace TransformerXL.Training.Dynamic;

/// <summary>The values that a search has found for a model, rule by rule: the file <c>dynamic.json</c> beside its weights.</summary>
internal sealed record DynamicSettings
{
    /// <summary>SHA-256 of the weights that the values belong to.</summary>
    public required string Weights { get; init; }

    /// <summary>What was found, at most one entry for each rule.</summary>
    public required IReadOnlyList<TunedRule> Rules { get; init; }

    /// <summary>What was found for a rule and a segment length; null if nothing was.</summary>
    /// <param name="rule">The rule.</param>
    public TunedRule? Find(DynamicRule rule) => Rules.FirstOrDefault(tuned => tuned.Options.Rule == rule);

    /// <summary>These settings with another entry for its rule.</summary>
    /// <param name="tuned">What was found.</param>
    public DynamicSettings With(TunedRule tuned)
    {
        ArgumentNullException.ThrowIfNull(tuned);
        return this with { Rules = [.. Rules.Where(other => other.Options.Rule != tuned.Options.Rule), tuned] };
    }
}
