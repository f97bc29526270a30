namespace TransformerXL.Inference.Serving;

/// <summary>The steps of a session that learns were too large for the text that it read; its weights can be used no more.</summary>
public sealed class LearningDivergedException : Exception
{
    /// <summary>Creates the exception with the text that a client is shown.</summary>
    public LearningDivergedException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>The exception of results that the weights of a session make useless.</summary>
    internal static LearningDivergedException Of(NotFiniteException cause) =>
        new("the session's weights have become useless: its steps were too large for the text that it read", cause);
}
