using TransformerXL.Analysis.Context;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Training;

namespace TransformerXL.Analysis.Comparison;

/// <summary>The models of a comparison and their budget.</summary>
public sealed record ComparisonPlan
{
    /// <summary>The configuration of the Transformer-XL; the other models get its number of parameters, lengths and recipe.</summary>
    public required RunConfiguration Standard { get; init; }

    /// <summary>The rows.</summary>
    public required IReadOnlyList<ComparedModel> Models { get; init; }

    /// <summary>
    /// Seconds of training for each model; 0 for the number of steps, and so of tokens, of <see cref="Standard"/>. How many steps fit
    /// is measured before a model is trained, and is stored in its configuration.
    /// </summary>
    public double Seconds { get; init; }

    /// <summary>Number of trainings of each model, with the seed of <see cref="Standard"/> and the following seeds.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>The fractions r of the relative effective context length.</summary>
    public IReadOnlyList<double> Fractions { get; init; } = [0.1, 0.5, 1];

    /// <summary>The contexts that are measured.</summary>
    public required ContextPlan Context { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names it.</exception>
    public void Validate()
    {
        Require.Present("standard", Standard);
        Require.Present("context", Context);
        Require.Listed("models", Models);
        Require.Present("fractions", Fractions);
        Standard.Validate();
        Context.Validate();
        Require.Between("seeds", Seeds, 1, 100);
        Require.That(Models.Count > 0, "no model is named to compare");
        Require.That(Models.Distinct().Count() == Models.Count, "a model is named twice in the comparison");
        Require.That(double.IsFinite(Seconds) && Seconds >= 0, $"seconds are {Seconds}, but must be at least 0");
        Require.That(Standard.Model is TransformerXLConfiguration, $"the standard of a comparison is a {TransformerXLFamily.Instance.Kind}, not {Standard.Model.Family.Kind}");
        Require.That(Standard.Context.MemoryLength > 0, "the standard of a comparison needs a memory: the comparison measures the effect of recurrence");
        Require.That(Standard.Context.ExtendedLength == 0, $"the extended length of a comparison must be 0, not {Standard.Context.ExtendedLength}");
    }

    /// <summary>The configuration of a row: as many parameters as <see cref="Standard"/>, within 5 %.</summary>
    /// <param name="model">The row.</param>
    /// <param name="repetition">Which of its trainings, from 0.</param>
    /// <exception cref="InputException">No size of the model gives a number within the tolerance.</exception>
    public RunConfiguration ConfigurationOf(ComparedModel model, int repetition = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        RunConfiguration configuration = model.Configure(Standard);
        return configuration with
        {
            Model = EqualParameters.Fit(configuration.Model.Resolve(), ModelFootprint.Parameters(Standard.Model), model.Name),
            Training = configuration.Training with { Seed = configuration.Training.Seed + (ulong)repetition },
        };
    }
}
