namespace TransformerXL.Analysis.Context;

/// <summary>The loss on the characters whose answer is at a given distance, and the lowest possible loss.</summary>
/// <param name="Minimum">The minimum distance in characters; 0 for characters that do not depend on earlier ones.</param>
/// <param name="Maximum">The maximum distance in characters.</param>
/// <param name="Count">Number of characters.</param>
/// <param name="Optimum">The mean loss of the best possible model in nats.</param>
/// <param name="Loss">The mean loss of the model in nats.</param>
public sealed record DistanceLoss(int Minimum, int Maximum, long Count, double Optimum, double Loss)
{
    /// <summary>The loss above the optimum in nats.</summary>
    public double Excess => Loss - Optimum;
}
