namespace TransformerXL.Training.Dynamic;

/// <summary>How the weights follow the text in dynamic evaluation.</summary>
public sealed record DynamicOptions
{
    /// <summary>The rule.</summary>
    public DynamicRule Rule { get; init; } = DynamicRule.Rms;

    /// <summary>The rate of each step. 0 leaves the weights as they are trained.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The part of the distance to the trained weights that each step takes back, from 0 to 1.</summary>
    public required double Decay { get; init; }

    /// <summary>Of <see cref="DynamicRule.Rms"/> added to each scale, as a part of the mean scale; of <see cref="DynamicRule.Adam"/> Adam's own; without effect for <see cref="DynamicRule.Sgd"/>.</summary>
    public double Epsilon { get; init; }

    /// <summary>Values that lower the loss of most models somewhat; those found on a validation text lower it more.</summary>
    /// <param name="rule">The rule.</param>
    public static DynamicOptions For(DynamicRule rule) => rule switch
    {
        DynamicRule.Sgd => new DynamicOptions { Rule = rule, LearningRate = 0.02, Decay = 0.001 },
        DynamicRule.Adam => new DynamicOptions { Rule = rule, LearningRate = 1e-4, Decay = 0.001, Epsilon = 1e-8 },
        _ => new DynamicOptions { Rule = rule, LearningRate = 1e-4, Decay = 0.001, Epsilon = 0.1 },
    };

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Known("rule", Rule);
        Require.NotNegative("learning rate", LearningRate);
        Require.That(Decay is >= 0 and <= 1, FormattableString.Invariant($"decay is {Decay}, but must be from 0 to 1"), nameof(Decay));
        Require.NotNegative("epsilon", Epsilon);
        Require.That(Rule != DynamicRule.Rms || Epsilon > 0, "epsilon is 0, but must be above 0 for the rule Rms: weights without a gradient on the training text would take steps without bound", nameof(Epsilon));
    }
}
