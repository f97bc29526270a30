namespace TransformerXL;

/// <summary>
/// A result is not a finite number, because the weights of the model are damaged or too large. The message names the result,
/// the place where it first arises, and the weight at fault.
/// </summary>
public sealed class NotFiniteException : ArithmeticException
{
    /// <summary>Creates the exception with the text that a user is shown.</summary>
    public NotFiniteException(string message) : base(message) { }

    /// <summary>Creates the exception with the text that a user is shown and its cause.</summary>
    public NotFiniteException(string message, Exception innerException) : base(message, innerException) { }
}
