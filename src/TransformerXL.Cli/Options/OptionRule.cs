using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>A rule about a combination of options.</summary>
/// <param name="Members">The members of the configuration in the rule, such as <c>training.warmupSteps</c>.</param>
/// <param name="Broken">Returns the error if a configuration breaks the rule; otherwise null.</param>
internal sealed record OptionRule(IReadOnlyList<string> Members, Func<RunConfiguration, string?> Broken);
