namespace TransformerXL.Files;

/// <summary>Tidying that is good to have, and no reason to stop if it fails.</summary>
internal static class BestEffort
{
    /// <summary>Does something; a failure of the disk is passed over.</summary>
    public static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next command tries it again.
        }
    }
}
