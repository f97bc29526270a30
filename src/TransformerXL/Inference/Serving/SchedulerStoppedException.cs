namespace TransformerXL.Inference.Serving;

/// <summary>A request came after a stop of the scheduler was requested, or was not complete when it stopped.</summary>
public sealed class SchedulerStoppedException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public SchedulerStoppedException(string message)
        : base(message)
    {
    }
}
