namespace TransformerXL.Inference.Serving;

/// <summary>A request came after the scheduler was told to stop, or was not complete when it stopped.</summary>
public sealed class SchedulerStoppedException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public SchedulerStoppedException(string message)
        : base(message)
    {
    }
}
