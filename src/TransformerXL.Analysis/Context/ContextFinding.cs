namespace TransformerXL.Analysis.Context;

/// <summary>The findings about a model of a group.</summary>
/// <param name="Losses">Its losses by context length.</param>
/// <param name="Plain">Its effective context length without regard to the other models.</param>
/// <param name="Relative">Its relative effective context length within the group, for each fraction in order.</param>
/// <param name="ByDistance">Its losses by distance with those of the optimum; empty if no optimum is known.</param>
public sealed record ContextFinding(LossTable Losses, ContextLength Plain, IReadOnlyList<ContextLength> Relative, IReadOnlyList<DistanceLoss> ByDistance)
{
    /// <summary>The model.</summary>
    public string Name => Losses.Name;
}
