namespace TransformerXL.Analysis.Context;

/// <summary>How much context a model uses.</summary>
/// <param name="Tokens">The context length in tokens; longer contexts gain less than the threshold.</param>
/// <param name="IsAtLeast">Whether the gain was above the threshold up to the longest context that was measured, so that the true length may be larger.</param>
/// <param name="Gains">The gain of each context length over the one before, also beyond <paramref name="Tokens"/>.</param>
public sealed record ContextLength(int Tokens, bool IsAtLeast, IReadOnlyList<ContextGain> Gains)
{
    /// <summary>Starts at the shortest context and lengthens it as long as the gain reaches a threshold.</summary>
    internal static ContextLength Of(IReadOnlyList<int> lengths, IReadOnlyList<ContextGain> gains, double threshold)
    {
        int step = 0;
        while (step < gains.Count && gains[step].Relative >= threshold)
        {
            step++;
        }

        return new ContextLength(lengths[step], step == gains.Count, gains);
    }
}
