namespace TransformerXL.Cli.Commands;

/// <summary>A text of a list, with its name if it has one.</summary>
/// <param name="Id">Its name; null if it has none.</param>
/// <param name="Text">The text.</param>
/// <param name="Line">Its line, from 1; 0 for a file of a folder.</param>
/// <param name="HasNumberedId">Whether the name is a number in the file, and not a string.</param>
internal readonly record struct ListedText(string? Id, string Text, long Line, bool HasNumberedId = false);
