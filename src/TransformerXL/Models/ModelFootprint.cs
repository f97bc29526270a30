namespace TransformerXL.Models;

/// <summary>How large a model is, and how much memory its training needs, told from its configuration alone.</summary>
public static class ModelFootprint
{
    /// <summary>
    /// What a step holds beside the results that <see cref="TrainingBytes"/> counts (dropped copies, gradients, packed operands), as a factor. Fitted to the
    /// peaks that <c>txl bench train</c> measured of models of 3.5 and 41 million parameters.
    /// </summary>
    private const double StepOverhead = 2.4;

    private const double ProcessBytes = 60 << 20;

    /// <summary>Trained values: exactly those of <see cref="LanguageModel.Parameters"/>.</summary>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public static long Parameters(ModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return LanguageModel.CreateDry(configuration).Parameters.Values;
    }

    /// <summary>
    /// About the memory of a training in bytes: of each parameter weight, gradient and two moments (Muon keeps fewer); of each row of a segment
    /// what its layers compute.
    /// </summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="context">L and M.</param>
    /// <param name="streams">Streams that are computed at once.</param>
    public static double TrainingBytes(ModelConfiguration configuration, ContextConfiguration context, int streams)
    {
        ArgumentNullException.ThrowIfNull(context);
        double parameters = Parameters(configuration);
        ModelConfiguration c = configuration.Resolve();
        double rows = (double)context.TargetLength * streams, remembered = (double)context.MemoryLength * streams;
        double layer = c.Family.LayerFloats(c, rows, remembered);
        return ProcessBytes + (4 * ((4 * parameters) + (StepOverhead * c.Layers * layer)));
    }
}
