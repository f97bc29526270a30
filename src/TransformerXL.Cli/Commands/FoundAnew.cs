namespace TransformerXL.Cli.Commands;

/// <summary>Files of values that 'txl evaluate' has found for a run: an error of one says how to find them again.</summary>
internal static class FoundAnew
{
    /// <summary>Reads such a file.</summary>
    /// <param name="read">Reads it.</param>
    /// <param name="options">The options of 'txl evaluate RUN' that write it anew.</param>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static T Reading<T>(Func<T> read, string options)
    {
        try
        {
            return read();
        }
        catch (InputException exception)
        {
            throw new InputException($"{exception.Message.TrimEnd('.')}; 'txl evaluate RUN {options}' writes the file anew", exception);
        }
    }
}
