namespace TransformerXL.Analysis.Context;

/// <summary>The loss on the characters whose answer stands at some distance, beside the best that is possible.</summary>
/// <param name="Minimum">The least distance in characters; 0 where there is nothing to look back for.</param>
/// <param name="Maximum">The greatest distance in characters.</param>
/// <param name="Count">Characters.</param>
/// <param name="Optimum">The mean loss of the best possible model in nats.</param>
/// <param name="Loss">The mean loss of the model in nats.</param>
public sealed record DistanceLoss(int Minimum, int Maximum, long Count, double Optimum, double Loss)
{
    /// <summary>What the model loses beyond the optimum, in nats.</summary>
    public double Excess => Loss - Optimum;
}
