namespace TransformerXL.Cli.Help;

/// <summary>The help of a command in addition to its options.</summary>
/// <param name="Usage">Usage lines, without <c>txl</c>.</param>
/// <param name="Examples">Commands that can be copied, without <c>txl</c>.</param>
internal sealed record HelpPage(IReadOnlyList<string> Usage, IReadOnlyList<string> Examples);
