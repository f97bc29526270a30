namespace TransformerXL.Inference.Serving;

/// <summary>A request was refused, because too many wait already, or because there is no room for another session.</summary>
public sealed class SchedulerBusyException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SchedulerBusyException(string message, TimeSpan retryAfter)
        : base(message) => RetryAfter = retryAfter;

    /// <summary>An estimate of the time after which the request would be accepted, at least a second.</summary>
    public TimeSpan RetryAfter { get; }
}
