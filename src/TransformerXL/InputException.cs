using TransformerXL.Files;

namespace TransformerXL;

/// <summary>
/// Something that came from outside (a path, a file, an option) cannot be used; the message names it, the values and what would be accepted.
/// Messages quote what came from outside, so they are bounded and hold no control characters (<see cref="InputText.ShowMessage"/>).
/// </summary>
public sealed class InputException : Exception
{
    /// <summary>Creates the exception with the text that a user is shown.</summary>
    public InputException(string message) : base(InputText.ShowMessage(message)) { }

    /// <summary>Creates the exception with the text that a user is shown and its cause.</summary>
    public InputException(string message, Exception innerException) : base(InputText.ShowMessage(message), innerException) { }

    /// <summary>The value of a configuration that is at fault, as the path of its member in JSON, such as <c>training.batchSize</c>; null if it is none, or not a single one.</summary>
    public string? Member { get; init; }

    /// <summary>The file at fault, where it is another one than the file or text that a caller was reading: a damaged weight that is read at its first use; null otherwise.</summary>
    public string? File { get; init; }

    /// <summary>The settings whose change helps; empty if none is known.</summary>
    public IReadOnlyList<InputRemedy> Remedies { get; init; } = [];
}
