namespace TransformerXL.Cli.Commands;

/// <summary>A file that a user has named.</summary>
internal static class InputFile
{
    /// <summary>Opens it to be read.</summary>
    /// <exception cref="InputException">It cannot be opened.</exception>
    public static Stream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }
}
