namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// The constants of a step that follows a gradient and is pulled back to an anchor x0:
/// x += min(1, pull s) (x0 - x) - lr g / (s + eps). Without scales x += pull (x0 - x) - lr g; without a gradient x is only pulled back.
/// </summary>
internal struct AnchoredConstants
{
    /// <summary>The part of the distance to the anchor that is taken back, before it is multiplied by a scale.</summary>
    public float Pull;

    public float Epsilon, LearningRate;
}
