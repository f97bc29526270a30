namespace TransformerXL.Tensors.Optimizers;

/// <summary>The constants of an <see cref="Optimizer"/>; constants that its kind does not use keep their defaults.</summary>
public sealed record OptimizerOptions
{
    /// <summary>The rule.</summary>
    public OptimizerKind Kind { get; init; } = OptimizerKind.Adam;

    /// <summary>Decay of the mean of gradients (Adam, AdamW, LAMB, and the AdamW part of Muon).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients (Adam, AdamW, LAMB, and the AdamW part of Muon).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator (all but SGD); null for the usual value: 1e-8 for Adam, AdamW and Muon, 1e-10 for Adagrad, 1e-6 for LAMB.</summary>
    public double? Epsilon { get; init; }

    /// <summary>
    /// Weight decay. Times the value, it is added to the gradient (Adam, SGD, Adagrad: L2 regularisation) or to
    /// the update (LAMB); times value and learning rate, it is taken from the value (AdamW, Muon).
    /// </summary>
    public double WeightDecay { get; init; }

    /// <summary>The part of the last step that is added to the next (SGD), decay of the mean of gradients (Muon); null for the usual value: 0 for SGD, 0.95 for Muon.</summary>
    public double? Momentum { get; init; }

    /// <summary>The factor of the steps of matrices (Muon); it does not apply to their weight decay.</summary>
    public double MatrixRate { get; init; } = 1;

    /// <summary>The part of a gradient that is not added to the momentum (SGD).</summary>
    public double Dampening { get; init; }

    /// <summary>Whether to use Nesterov momentum (SGD; Sutskever et al. 2013).</summary>
    public bool Nesterov { get; init; }

    /// <summary>Whether the denominator never shrinks (Adam, AdamW; Reddi et al. 2018).</summary>
    public bool AmsGrad { get; init; }

    /// <summary>How the moments are kept (Adam, AdamW, and the AdamW part of Muon). The largest second moments of <see cref="AmsGrad"/> are float32 in any case.</summary>
    public MomentPrecision Moments { get; init; }

    /// <summary>The options of another rule: its usual constants, and the same weight decay. Options of the same rule are returned unchanged.</summary>
    /// <param name="kind">The rule.</param>
    public OptimizerOptions For(OptimizerKind kind) => kind == Kind ? this : new OptimizerOptions { Kind = kind, WeightDecay = WeightDecay };

    internal double EpsilonOrCustomary => Epsilon ?? Kind switch
    {
        OptimizerKind.Adagrad => 1e-10,
        OptimizerKind.Lamb => 1e-6,
        _ => 1e-8,
    };
}
