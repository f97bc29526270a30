namespace TransformerXL.Inference.Serving;

/// <summary>Another process has changed or deleted the conversation; what this process did with it since is discarded. Repeating the request uses the newest state.</summary>
public sealed class SessionConflictException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SessionConflictException(string message)
        : base(message)
    {
    }
}
