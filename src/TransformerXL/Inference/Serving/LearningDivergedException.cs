namespace TransformerXL.Inference.Serving;

/// <summary>The steps of a session that learns were too large for the text that it read; its weights can be used no more.</summary>
public sealed class LearningDivergedException : Exception
{
    /// <summary>Creates the exception with the text that a client is shown.</summary>
    public LearningDivergedException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
