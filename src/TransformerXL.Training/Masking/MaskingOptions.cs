namespace TransformerXL.Training.Masking;

/// <summary>Which tokens a model has to predict in pre-training, and what it reads instead of them: the section <c>masking</c> of <c>config.json</c>.</summary>
public sealed record MaskingOptions
{
    /// <summary>The share of the tokens that is predicted.</summary>
    public double Rate { get; init; } = 0.15;

    /// <summary>Of the predicted tokens the share in whose place the model reads a random token.</summary>
    public double RandomShare { get; init; } = 0.1;

    /// <summary>Of the predicted tokens the share that the model reads as they are. For all others it reads the mask.</summary>
    public double KeptShare { get; init; } = 0.1;

    /// <summary>What is masked together.</summary>
    public MaskUnit Unit { get; init; }

    /// <summary>Whether a token is masked in every epoch or in none (Devlin et al. 2019), instead of anew in each (Liu et al. 2019).</summary>
    public bool IsStatic { get; init; }

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
    }
}
