namespace TransformerXL.Inference.Serving;

/// <summary>The rule for the time of a request.</summary>
internal static class RequestTimeout
{
    // More than timers of the framework take.
    private static readonly TimeSpan s_maximum = TimeSpan.FromDays(40);

    public static void Check(TimeSpan? timeout) => Require.That(
        timeout is null || (timeout > TimeSpan.Zero && timeout <= s_maximum), $"timeout is {timeout}, but must be above 0 and at most {s_maximum.TotalDays} days", "Timeout");
}
