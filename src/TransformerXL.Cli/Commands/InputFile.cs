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

    /// <summary>Does something with the contents; what is wrong with them is told with the name.</summary>
    /// <exception cref="InputException">The contents cannot be used.</exception>
    public static async Task<T> NamingAsync<T>(string name, Func<Task<T>> use)
    {
        try
        {
            return await use().ConfigureAwait(false);
        }
        catch (InputException exception) when (!exception.Message.Contains(name, StringComparison.Ordinal))
        {
            throw new InputException($"'{name}': {exception.Message}", exception);
        }
    }
}
