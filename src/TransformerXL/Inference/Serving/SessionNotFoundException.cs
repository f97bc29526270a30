namespace TransformerXL.Inference.Serving;

/// <summary>There is no such conversation, it has expired, or it belongs to another owner.</summary>
public sealed class SessionNotFoundException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SessionNotFoundException(string message)
        : base(message)
    {
    }
}
