using System.CommandLine;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>How weights follow their gradients.</summary>
internal static class OptimizerRunOptions
{
    private const string NoExclusions = "none", StandardExclusions = "biases,norms";
    private static readonly OptimizerOptions Standard = new();

    public static IEnumerable<RunOption> All()
    {
        yield return new RunOption<string, OptimizerKind>(
            NewOption.Choice("--optimizer", "Optimizer", [.. Enum.GetNames<OptimizerKind>().Select(name => name.ToLowerInvariant())], "adam"),
            name => Enum.Parse<OptimizerKind>(name, ignoreCase: true),
            c => c.Training.Optimizer.Kind,
            (c, kind) => Set(c, c.Training.Optimizer.For(kind)));
        yield return Share("--beta1", "Decay rate of the first moment; adam, adamw, lamb, muon.", Standard.Beta1, o => o.Beta1, (o, x) => o with { Beta1 = x });
        yield return Share("--beta2", "Decay rate of the second moment; adam, adamw, lamb, muon.", Standard.Beta2, o => o.Beta2, (o, x) => o with { Beta2 = x });
        yield return new RunOption<double?, double?>(
            NewOption.Real<double>("--epsilon", "Term added to the denominator; not for sgd. [default: 1e-8, adagrad 1e-10, lamb 1e-6]", "a number above 0", value => value > 0),
            value => value,
            c => c.Training.Optimizer.Epsilon,
            (c, value) => Set(c, c.Training.Optimizer with { Epsilon = value }));
        yield return Real("--weight-decay", "Weight decay; decoupled for adamw, lamb, muon.", "a number from 0 on", value => value >= 0, Standard.WeightDecay, o => o.WeightDecay, (o, x) => o with { WeightDecay = x });
        yield return new RunOption<string, DecayExclusions>(
            Exclusions(),
            Parse,
            c => c.Training.DecayExclusions,
            (c, exclusions) => c with { Training = c.Training with { DecayExclusions = exclusions } });
        yield return new RunOption<double?, double?>(
            NewOption.Real<double>("--momentum", "Momentum, from 0 to below 1; sgd, muon. [default: sgd 0, muon 0.95]", "from 0 to below 1", value => value is >= 0 and < 1),
            value => value,
            c => c.Training.Optimizer.Momentum,
            (c, value) => Set(c, c.Training.Optimizer with { Momentum = value }));
        yield return Real("--matrix-rate", "Learning rate factor of the layers' matrices; muon.", "a number above 0", value => value > 0, Standard.MatrixRate, o => o.MatrixRate, (o, x) => o with { MatrixRate = x });
        yield return Share("--dampening", "Dampening of momentum, from 0 to below 1; sgd.", Standard.Dampening, o => o.Dampening, (o, x) => o with { Dampening = x });
        yield return Flag("--nesterov", "Use Nesterov momentum; sgd.", o => o.Nesterov, (o, on) => o with { Nesterov = on });
        yield return Flag("--amsgrad", "Use the AMSGrad variant; adam, adamw.", o => o.AmsGrad, (o, on) => o with { AmsGrad = on });
    }

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

    private static RunConfiguration Set(RunConfiguration configuration, OptimizerOptions optimizer) =>
        configuration with { Training = configuration.Training with { Optimizer = optimizer } };

    private static RunOption<double?, double> Share(string name, string description, double standard, Func<OptimizerOptions, double> get, Func<OptimizerOptions, double, OptimizerOptions> set) =>
        Real(name, description, "from 0 to below 1", value => value is >= 0 and < 1, standard, get, set);

    private static RunOption<double?, double> Real(string name, string description, string rule, Func<double, bool> allowed, double standard, Func<OptimizerOptions, double> get, Func<OptimizerOptions, double, OptimizerOptions> set) =>
        new(NewOption.Real(name, description, rule, allowed, (double?)standard), value => value!.Value, c => get(c.Training.Optimizer), (c, value) => Set(c, set(c.Training.Optimizer, value)));

    private static RunOption<bool, bool> Flag(string name, string description, Func<OptimizerOptions, bool> get, Func<OptimizerOptions, bool, OptimizerOptions> set) =>
        new(NewOption.Flag(name, description), value => value, c => get(c.Training.Optimizer), (c, value) => Set(c, set(c.Training.Optimizer, value)));
}
