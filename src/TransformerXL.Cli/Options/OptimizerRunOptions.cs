using System.CommandLine;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>The optimizer.</summary>
internal static class OptimizerRunOptions
{
    private const string NoExclusions = "none", StandardExclusions = "biases,norms";
    private const string Moments = "Precision of the moments; adam, adamw, muon";

    private static readonly OptimizerOptions Standard = new();
    private static readonly (string Word, string Value)[] s_moments = [(PrecisionNames.Float32, nameof(MomentPrecision.Float32)), (PrecisionNames.Bfloat16, nameof(MomentPrecision.Bfloat16)), (PrecisionNames.Float8, nameof(MomentPrecision.Float8))];

    public static IEnumerable<RunOption> All()
    {
        MemberOptions optimizer = new("training.optimizer");
        yield return optimizer.Choice("--optimizer", "Optimizer", [.. Enum.GetNames<OptimizerKind>().Select(name => (name.ToLowerInvariant(), name))], "kind");
        yield return optimizer.Share<double>("--beta1", "Decay rate of the first moment; adam, adamw, lamb, muon.", Standard.Beta1, "beta1");
        yield return optimizer.Share<double>("--beta2", "Decay rate of the second moment; adam, adamw, lamb, muon.", Standard.Beta2, "beta2");
        yield return optimizer.Real<double>("--epsilon", "Term added to the denominator; not for sgd. [default: 1e-8, adagrad 1e-10, lamb 1e-6]", "a number above 0", value => value > 0, null, "epsilon");
        yield return optimizer.Real<double>("--weight-decay", "Weight decay; decoupled for adamw, lamb, muon.", "a number from 0 on", value => value >= 0, Standard.WeightDecay, "weightDecay");
        yield return new RunOption<string>(Exclusions(), "training.decayExclusions", names => Parse(names).ToString())
        {
            Show = value => value!.ToString().ToLowerInvariant().Replace(" ", "", StringComparison.Ordinal),
        };
        yield return optimizer.Share<double>("--momentum", "Momentum, from 0 to below 1; sgd, muon. [default: sgd 0, muon 0.95]", null, "momentum");
        yield return optimizer.Real<double>("--matrix-rate", "Learning rate factor of the layers' matrices; muon.", "a number above 0", value => value > 0, Standard.MatrixRate, "matrixRate");
        yield return optimizer.Share<double>("--dampening", "Dampening of momentum, from 0 to below 1; sgd.", Standard.Dampening, "dampening");
        yield return optimizer.Flag("--nesterov", "Use Nesterov momentum; sgd.", "nesterov");
        yield return optimizer.Choice("--moments", Moments, s_moments, "moments");
        yield return optimizer.Flag("--amsgrad", "Use the AMSGrad variant; adam, adamw.", "amsGrad");
    }

    /// <summary>The option of a command that is not a training.</summary>
    public static Option<string> NewMoments() => NewOption.Choice("--moments", Moments, [.. s_moments.Select(moments => moments.Word)], PrecisionNames.Float32);

    /// <summary>The precision of moments with a name.</summary>
    public static MomentPrecision MomentsOf(string name) => Enum.Parse<MomentPrecision>(s_moments.First(moments => moments.Word == name).Value);

    private static Option<string> Exclusions() => new("--decay-exclude")
    {
        Description = "Without weight decay: biases, norms, embeddings, or none.",
        HelpName = "NAME,...",
        Arity = NewOption.Repeatable,
        DefaultValueFactory = _ => StandardExclusions,
        CustomParser = result =>
        {
            string text = result.Tokens[^1].Value.ToLowerInvariant();
            if (text != NoExclusions && !text.Split(',').All(name => name is "biases" or "norms" or "embeddings"))
            {
                result.AddError($"--decay-exclude is '{text}', but must be none, or of biases, norms, embeddings, separated by commas");
            }

            return text;
        },
    };

    private static DecayExclusions Parse(string names) => Enum.Parse<DecayExclusions>(names, ignoreCase: true);
}
