using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>Rules of combined options of an optimizer.</summary>
internal static class OptimizerOptionRules
{
    public static IEnumerable<OptionRule> All()
    {
        OptimizerOptions standard = new();
        yield return Meaning("momentum", "--momentum", o => o.Momentum is > 0, OptimizerKind.Sgd, OptimizerKind.Muon);
        yield return Meaning("matrixRate", "--matrix-rate", o => o.MatrixRate != standard.MatrixRate, OptimizerKind.Muon);
        yield return Meaning("dampening", "--dampening", o => o.Dampening != 0, OptimizerKind.Sgd);
        yield return Meaning("nesterov", "--nesterov", o => o.Nesterov, OptimizerKind.Sgd);
        yield return Meaning("beta1", "--beta1", o => o.Beta1 != standard.Beta1, OptimizerKind.Adam, OptimizerKind.AdamW, OptimizerKind.Lamb, OptimizerKind.Muon);
        yield return Meaning("beta2", "--beta2", o => o.Beta2 != standard.Beta2, OptimizerKind.Adam, OptimizerKind.AdamW, OptimizerKind.Lamb, OptimizerKind.Muon);
        yield return Meaning("epsilon", "--epsilon", o => o.Epsilon is not null, OptimizerKind.Adam, OptimizerKind.AdamW, OptimizerKind.Adagrad, OptimizerKind.Lamb, OptimizerKind.Muon);
        yield return Meaning("moments", "--moments", o => o.Moments != standard.Moments, OptimizerKind.Adam, OptimizerKind.AdamW, OptimizerKind.Muon);
        yield return Meaning("amsGrad", "--amsgrad", o => o.AmsGrad, OptimizerKind.Adam, OptimizerKind.AdamW);
        yield return new OptionRule(["training.weights", "training.optimizer.kind"], c => c.Training is { Weights: not WeightPrecision.Float32, Optimizer.Kind: not (OptimizerKind.Adam or OptimizerKind.AdamW) }
            ? $"--weights is for --optimizer adam, adamw, not for {Name(c.Training.Optimizer.Kind)}" : null);
        yield return Rule("momentum kind", o => o is { Kind: OptimizerKind.Muon, Momentum: 0 } ? "--momentum is 0, but must be above 0 for --optimizer muon" : null);
        yield return Rule("dampening momentum", o => o.Dampening != 0 && o.Momentum is not > 0 ? "--dampening needs a --momentum above 0" : null);
        yield return Rule("nesterov momentum", o => o.Nesterov && o.Momentum is not > 0 ? "--nesterov needs a --momentum above 0" : null);
        yield return Rule("nesterov dampening", o => o.Nesterov && o.Dampening != 0 ? "--nesterov and --dampening exclude each other" : null);
    }

    private static OptionRule Meaning(string member, string option, Func<OptimizerOptions, bool> isSet, params OptimizerKind[] kinds) =>
        Rule($"{member} kind", o => isSet(o) && !kinds.Contains(o.Kind) ? $"{option} is for --optimizer {string.Join(", ", kinds.Select(Name))}, not for {Name(o.Kind)}" : null);

    private static OptionRule Rule(string members, Func<OptimizerOptions, string?> broken) =>
        new([.. members.Split(' ').Select(member => $"training.optimizer.{member}")], c => broken(c.Training.Optimizer));

    private static string Name(OptimizerKind kind) => kind.ToString().ToLowerInvariant();
}
