namespace TransformerXL.Analysis.Context;

/// <summary>How much context the models of a group make use of on the same text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Unit">What a token is.</param>
/// <param name="Fractions">The fractions r of the relative effective context length.</param>
/// <param name="Models">What was found about each.</param>
public sealed record ContextComparison(string Text, string Unit, IReadOnlyList<double> Fractions, IReadOnlyList<ContextFinding> Models)
{
    /// <summary>Compares.</summary>
    /// <param name="text">The text.</param>
    /// <param name="unit">What a token is, in the singular.</param>
    /// <param name="fractions">The fractions r.</param>
    /// <param name="group">The losses of each model.</param>
    /// <param name="byDistance">The losses by distance of each model, or null where no optimum is known.</param>
    /// <param name="threshold">The least relative gain in perplexity that counts.</param>
    /// <exception cref="InputException">A fraction is out of range, or the tables do not belong together.</exception>
    public static ContextComparison Of(
        string text,
        string unit,
        IReadOnlyList<double> fractions,
        IReadOnlyList<LossTable> group,
        IReadOnlyList<IReadOnlyList<DistanceLoss>>? byDistance = null,
        double threshold = EffectiveContext.Threshold)
    {
        ArgumentNullException.ThrowIfNull(fractions);
        ArgumentNullException.ThrowIfNull(group);
        IReadOnlyList<ContextLength>[] relative = [.. fractions.Select(fraction => EffectiveContext.Relative(group, fraction, threshold))];
        return new ContextComparison(
            text,
            unit,
            fractions,
            [.. group.Select((table, i) => new ContextFinding(table, EffectiveContext.Plain(table, threshold), [.. relative.Select(own => own[i])], byDistance?[i] ?? []))]);
    }
}
