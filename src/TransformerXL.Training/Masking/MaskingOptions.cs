using TransformerXL.Models;

namespace TransformerXL.Training.Masking;

/// <summary>Which tokens a model has to predict in pre-training, and what it reads instead of them: the section <c>masking</c> of <c>config.json</c>.</summary>
public sealed record MaskingOptions
{
    private const double DefaultShare = 0.1;

    /// <summary>What is learned from the text.</summary>
    public PretrainingObjective Objective { get; init; }

    /// <summary>What is learned beside masked tokens, from pairs of texts.</summary>
    public SecondObjective SecondObjective { get; init; }

    /// <summary>The share of the tokens that is predicted.</summary>
    public double Rate { get; init; } = 0.15;

    /// <summary>Of the predicted tokens the share in whose place the model reads a random token.</summary>
    public double RandomShare { get; init; } = DefaultShare;

    /// <summary>Of the predicted tokens the share that the model reads as they are. For all others it reads the mask.</summary>
    public double KeptShare { get; init; } = DefaultShare;

    /// <summary>What is masked together.</summary>
    public MaskUnit Unit { get; init; }

    /// <summary>Whether a token is masked in every epoch or in none (Devlin et al. 2019), instead of anew in each (Liu et al. 2019).</summary>
    public bool IsStatic { get; init; }

    /// <summary>Checks that the model has a query stream if, and only if, it learns to predict tokens in random orders.</summary>
    /// <exception cref="InputException">It is otherwise; the message names both.</exception>
    internal void RequireStreams(ModelConfiguration model)
    {
        bool isPermuted = Objective == PretrainingObjective.Permutation, hasStreams = model is EncoderConfiguration { TwoStreams: true };
        Require.That(
            isPermuted == hasStreams,
            isPermuted && model is not EncoderConfiguration ? $"masking.objective is {Objective}, which needs a model of the family encoder, but this one is of {model.Family.Name}"
            : isPermuted ? $"masking.objective is {Objective}, which needs an encoder with a query stream; model.twoStreams must be true"
            : $"model.twoStreams is true, so that the model predicts tokens in random orders, but masking.objective is {Objective}; it must be {PretrainingObjective.Permutation}",
            [new("masking.objective")]);
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.That(Rate is > 0 and < 1, FormattableString.Invariant($"masking rate is {Rate}, but must be above 0 and below 1"), nameof(Rate));
        Require.Probability("random share of masked tokens", RandomShare, nameof(RandomShare));
        Require.Probability("kept share of masked tokens", KeptShare, nameof(KeptShare));
        Require.That(
            RandomShare + KeptShare < 1, FormattableString.Invariant($"random share {RandomShare} and kept share {KeptShare} of masked tokens leave none for the mask; their sum must be below 1"), nameof(RandomShare));
        Require.Known("masking unit", Unit, nameof(Unit));
        Require.Known("objective", Objective, nameof(Objective));
        Require.Known("second objective", SecondObjective, nameof(SecondObjective));
        Require.That(
            SecondObjective == SecondObjective.None || Objective == PretrainingObjective.MaskedTokens,
            $"second objective is {SecondObjective}, which is for masked tokens of a text, but the objective is {Objective}; it must be None", nameof(SecondObjective));
        Require.That(
            Unit == MaskUnit.Tokens || Objective != PretrainingObjective.Permutation,
            $"masking unit is {Unit}, but the objective {Objective} predicts single tokens; it must be Tokens", nameof(Unit));
        RequireStandard("random", RandomShare, nameof(RandomShare));
        RequireStandard("kept", KeptShare, nameof(KeptShare));
    }

    private void RequireStandard(string share, double value, string member) => Require.That(
        value == DefaultShare || Objective != PretrainingObjective.Permutation,
        FormattableString.Invariant($"{share} share of masked tokens is {value}, but the objective {Objective} masks no tokens; it must be the default, {DefaultShare}"), member);
}
