namespace TransformerXL.Files;

/// <summary>Cleanup whose failure is ignored.</summary>
internal static class BestEffort
{
    /// <summary>Runs an action; I/O errors are ignored.</summary>
    public static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next command tries again.
        }
    }
}
