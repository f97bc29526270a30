using TransformerXL.Inference;
using TransformerXL.Models;

namespace TransformerXL.Analysis.Surprisal;

/// <summary>How a text is read with and without memory. Lengths are in tokens.</summary>
public sealed record SurprisalOptions
{
    /// <summary>The lengths of segment and memory; the reading without memory has the same segments.</summary>
    public required ContextConfiguration Context { get; init; }

    /// <summary>
    /// The options that suit a model: the segments of its training, with twice the memory of training; no distance that
    /// training did not have (see <see cref="EvaluationOptions.ForTrained"/>).
    /// </summary>
    /// <param name="training">The lengths of training.</param>
    public static SurprisalOptions ForTrained(ContextConfiguration training)
    {
        ContextConfiguration context = EvaluationOptions.ForTrained(training).Context;
        return new SurprisalOptions
        {
            Context = context with { TargetLength = training.TargetLength, MemoryLength = 2 * training.MemoryLength, SameLength = training.SameLength && training.MemoryLength > 0 },
        };
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Present("context", Context);
        Context.Validate();
        Require.That(Context.ExtendedLength == 0, $"extended length is {Context.ExtendedLength}, but must be 0 here");
    }
}
