namespace TransformerXL.Cli.Help;

/// <summary>What the help of a command says beside its options.</summary>
/// <param name="Usage">Ways to call it, without <c>txl</c>.</param>
/// <param name="Examples">Commands that can be copied, without <c>txl</c>.</param>
internal sealed record HelpPage(IReadOnlyList<string> Usage, IReadOnlyList<string> Examples);
