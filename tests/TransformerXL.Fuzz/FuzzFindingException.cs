namespace TransformerXL.Fuzz;

/// <summary>A parser broke a rule that all parsers follow.</summary>
public sealed class FuzzFindingException : Exception
{
    /// <summary>Creates the exception.</summary>
    public FuzzFindingException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public FuzzFindingException(string message, Exception innerException) : base(message, innerException) { }
}
