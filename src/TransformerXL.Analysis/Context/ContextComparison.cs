namespace TransformerXL.Analysis.Context;

/// <summary>How much context the models of a group use on the same text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Unit">The name of a token: character, word, ...</param>
/// <param name="Fractions">The fractions r of the relative effective context length.</param>
/// <param name="Models">The findings about each model.</param>
public sealed record ContextComparison(string Text, string Unit, IReadOnlyList<double> Fractions, IReadOnlyList<ContextFinding> Models)
{
    /// <summary>Compares the models.</summary>
    /// <param name="text">The text.</param>
    /// <param name="unit">The name of a token in the singular: character, word, ...</param>
    /// <param name="fractions">The fractions r.</param>
    /// <param name="group">The losses of each model.</param>
    /// <param name="byDistance">The losses by distance of each model, or null where no optimum is known.</param>
    /// <param name="threshold">The minimum relative gain in perplexity that counts.</param>
    /// <exception cref="InputException">A fraction is out of range, or the tables have different lengths or positions.</exception>
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
