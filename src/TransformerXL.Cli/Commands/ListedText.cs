namespace TransformerXL.Cli.Commands;

/// <summary>A text of a list, with its name if it has one.</summary>
internal readonly record struct ListedText(string? Id, string Text);
