namespace TransformerXL.Tensors.Optimizers;

/// <summary>
/// The constants of a step of Muon (Jordan et al. 2024) on a matrix: m = mu m + (1 - mu) g;  u = mu m + (1 - mu) g;
/// x -= shrinkage * x + step size * O(u), where O brings the singular values of u near 1.
/// </summary>
internal struct MuonConstants
{
    /// <summary>The gradient is multiplied by this first.</summary>
    public float GradientScale;

    public float Momentum;

    /// <summary>1 - mu, rounded once.</summary>
    public float OneMinusMomentum;

    /// <summary>The share of the value that is subtracted.</summary>
    public float Shrinkage;

    public float StepSize;
}
