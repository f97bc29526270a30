namespace TransformerXL.Models;

/// <summary>The probabilities of dropout in one step.</summary>
/// <param name="Hidden">That a hidden value is zeroed.</param>
/// <param name="Attention">That an attention weight is zeroed.</param>
public readonly record struct DropoutRates(float Hidden, float Attention)
{
    /// <summary>The probabilities that a model is configured with.</summary>
    public static DropoutRates Of(ModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.DropoutRates;
    }
}
