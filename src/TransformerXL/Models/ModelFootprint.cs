namespace TransformerXL.Models;

/// <summary>The size of a model, computed from its configuration alone.</summary>
public static class ModelFootprint
{
    /// <summary>Trained values: exactly those of <see cref="LanguageModel.Parameters"/>.</summary>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public static long Parameters(ModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return LanguageModel.CreateDry(configuration).Parameters.Values;
    }
}
