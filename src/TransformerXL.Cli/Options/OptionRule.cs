using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>A rule that several options follow together.</summary>
/// <param name="Members">The members of the configuration that it is about, such as <c>training.warmupSteps</c>.</param>
/// <param name="Broken">What to say if a configuration breaks it; null if it does not.</param>
internal sealed record OptionRule(IReadOnlyList<string> Members, Func<RunConfiguration, string?> Broken);
