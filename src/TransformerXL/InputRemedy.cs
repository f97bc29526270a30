namespace TransformerXL;

/// <summary>
/// A setting whose change lets the input be used. A program that offers the setting under a name of its own, such as an option, can add
/// that name to the message of an <see cref="InputException"/>.
/// </summary>
/// <param name="Member">The setting, as the path of its member in the JSON of a configuration, such as <c>training.batchSize</c>, or the name of an argument.</param>
/// <param name="Value">A value that helps; null if that is for the user to choose.</param>
public sealed record InputRemedy(string Member, string? Value = null);
