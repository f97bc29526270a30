using TransformerXL.Models;

namespace TransformerXL.Analysis.Comparison;

/// <summary>Fits a size of a model so that it has as many parameters as another: the inner size of attention models, the hidden size of an LSTM.</summary>
internal static class EqualParameters
{
    /// <summary>The maximum relative difference of two numbers of parameters that count as equal.</summary>
    public const double Tolerance = 0.05;

    /// <summary>The configuration with the fitted size.</summary>
    /// <param name="model">The configuration to fit.</param>
    /// <param name="parameters">The required number of parameters.</param>
    /// <param name="name">The name of the model.</param>
    /// <exception cref="InputException">No size gives a number within the tolerance.</exception>
    public static ModelConfiguration Fit(ModelConfiguration model, long parameters, string name)
    {
        int min = 1, max = 1 << 16;
        while (min < max)
        {
            // The number of parameters grows with the size, so a binary search works.
            int middle = min + ((max - min) / 2);
            (min, max) = ModelFootprint.Parameters(WithSize(model, middle)) < parameters ? (middle + 1, max) : (min, middle);
        }

        ModelConfiguration[] candidates = [WithSize(model, Math.Max(1, min - 1)), WithSize(model, min)];
        ModelConfiguration best = candidates.MinBy(candidate => Math.Abs(ModelFootprint.Parameters(candidate) - parameters))!;
        long found = ModelFootprint.Parameters(best);
        Require.That(
            Math.Abs(found - parameters) <= Tolerance * parameters,
            $"{name} has at least {found} parameters with these sizes, which is not within {Tolerance:P0} of {parameters}; shorten its context or choose larger models");
        return best;
    }

    private static ModelConfiguration WithSize(ModelConfiguration model, int size) => model is AttentionConfiguration attention
        ? attention with { InnerSize = size }
        : model with { ModelSize = Math.Min(size, 16384), EmbeddingSize = 0 };
}
