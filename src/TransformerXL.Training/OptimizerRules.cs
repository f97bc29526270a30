using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Training;

/// <summary>The allowed constants of each optimizer.</summary>
internal static class OptimizerRules
{
    private static OptimizerOptions Standard => new();

    /// <exception cref="InputException">A value is outside its allowed range, or does not apply to the optimizer; the message names both.</exception>
    public static void Validate(OptimizerOptions options)
    {
        Require.That(Enum.IsDefined(options.Kind), $"optimizer is {options.Kind}, but must be one of {string.Join(", ", Enum.GetNames<OptimizerKind>())}", nameof(options.Kind));
        Require.Known("precision of moments", options.Moments);
        Require.Probability("beta 1", options.Beta1);
        Require.Probability("beta 2", options.Beta2);
        Require.Positive("epsilon", options.Epsilon ?? 1);
        Require.NotNegative("weight decay", options.WeightDecay);
        Require.Probability("momentum", options.Momentum ?? 0);
        Require.Positive("rate of matrices", options.MatrixRate);
        Require.Probability("dampening", options.Dampening);
        RequireMeaning(options);
        RequireFloat8(options);
        Require.That(options.Kind != OptimizerKind.Muon || options.Momentum is null or > 0, "momentum is 0, but must be above 0 for Muon", nameof(options.Momentum));
        Require.That(options.Dampening == 0 || options.Momentum is > 0, "dampening has no meaning without momentum", nameof(options.Dampening));
        Require.That(!options.Nesterov || options.Momentum is > 0, "Nesterov's step needs a momentum above 0", nameof(options.Nesterov));
        Require.That(!options.Nesterov || options.Dampening == 0, "Nesterov's step and dampening exclude each other", nameof(options.Nesterov));
    }

    /// <summary>Moments of 8 bits hold m / sqrt(v) up to 15: its bound by the inequality of Cauchy and Schwarz must lie below. A largest v so far would grow with the noise of the rounding.</summary>
    private static void RequireFloat8(OptimizerOptions options)
    {
        if (options.Moments != MomentPrecision.Float8)
        {
            return;
        }

        const double LargestRatio = 15;
        double rest = 1 - (options.Beta1 * options.Beta1 / options.Beta2);
        double bound = rest > 0 ? (1 - options.Beta1) / Math.Sqrt((1 - options.Beta2) * rest) : double.PositiveInfinity;
        Require.That(
            bound <= LargestRatio,
            FormattableString.Invariant($"moments of 8 bits hold a mean of gradients up to {LargestRatio} times the root of the mean of their squares, but with beta 1 {options.Beta1} and beta 2 {options.Beta2} it may be {(double.IsFinite(bound) ? FormattableString.Invariant($"{bound:0.#}") : "any number of")} times as large"),
            [new("moments"), new("beta1"), new("beta2")]);
        Require.That(!options.AmsGrad, "AMSGrad keeps the largest mean of squared gradients, which moments of 8 bits round too coarsely for; it needs moments in Float32 or Bfloat16", nameof(options.AmsGrad));
    }

    private static void RequireMeaning(OptimizerOptions options)
    {
        bool sgd = options.Kind == OptimizerKind.Sgd, adam = options.Kind is OptimizerKind.Adam or OptimizerKind.AdamW;
        bool muon = options.Kind == OptimizerKind.Muon, moments = adam || muon || options.Kind == OptimizerKind.Lamb;
        Meaning("momentum", nameof(options.Momentum), sgd || muon || options.Momentum is null or 0);
        Meaning("a rate of matrices", nameof(options.MatrixRate), muon || options.MatrixRate == Standard.MatrixRate);
        Meaning("dampening", nameof(options.Dampening), sgd || options.Dampening == 0);
        Require.That(!muon || !options.Nesterov, "Muon always uses Nesterov momentum; only Sgd has this setting", nameof(options.Nesterov));
        Meaning("Nesterov's step", nameof(options.Nesterov), sgd || !options.Nesterov);
        Meaning("beta 1", nameof(options.Beta1), moments || options.Beta1 == Standard.Beta1);
        Meaning("beta 2", nameof(options.Beta2), moments || options.Beta2 == Standard.Beta2);
        Meaning("epsilon", nameof(options.Epsilon), !sgd || options.Epsilon is null);
        Meaning("a precision of moments", nameof(options.Moments), adam || muon || options.Moments == Standard.Moments);
        Meaning("AMSGrad", nameof(options.AmsGrad), adam || !options.AmsGrad);

        void Meaning(string name, string member, bool has) => Require.That(has, $"{name} has no meaning for {options.Kind}", member);
    }
}
