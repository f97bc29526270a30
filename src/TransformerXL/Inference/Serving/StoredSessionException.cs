namespace TransformerXL.Inference.Serving;

/// <summary>The saved state of a conversation cannot be used: it is damaged, or was made by other weights.</summary>
public sealed class StoredSessionException : Exception
{
    /// <summary>Creates the exception with the text that a client is shown.</summary>
    /// <param name="message">The text.</param>
    /// <param name="cause">What is wrong with the state.</param>
    public StoredSessionException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
