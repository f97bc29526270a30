using TransformerXL.Inference;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Cli.Commands;

/// <summary>What a dynamic evaluation found.</summary>
/// <param name="Result">Losses and speed.</param>
/// <param name="Options">The rule and its values.</param>
/// <param name="Statistics">What the rule divided by; null if it needs nothing.</param>
/// <param name="Tuned">The search that found the values, now or before; null if they are customary or given.</param>
internal sealed record DynamicOutcome(EvaluationResult Result, DynamicOptions Options, GradientStatistics? Statistics, TunedRule? Tuned);
