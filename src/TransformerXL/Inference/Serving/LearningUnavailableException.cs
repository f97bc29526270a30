namespace TransformerXL.Inference.Serving;

/// <summary>A session learns from what it reads, in a way that sessions here do not (<see cref="SchedulerOptions.Learning"/>).</summary>
public sealed class LearningUnavailableException : Exception
{
    /// <summary>Creates the exception with the text that a client is shown.</summary>
    public LearningUnavailableException(string message)
        : base(message)
    {
    }
}
