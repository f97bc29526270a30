using TransformerXL.Tensors;


namespace TransformerXL.Testing.Oracles;

/// <summary>What is applied to each output of a linear layer.</summary>
public static class ActivationOracle
{
    /// <summary>The activation of one value.</summary>
    public static double Apply(Activation activation, double x) => activation switch
    {
        Activation.Relu => Math.Max(x, 0),
        Activation.Gelu => GeluOracle.Forward(x),
        _ => x,
    };
}
