namespace TransformerXL.Cli.Terminals;

/// <summary>Standard output cannot be written. Not an <see cref="IOException"/>, so that it is not handled as a failure of a file.</summary>
internal sealed class OutputLostException(Exception cause) : Exception($"standard output cannot be written: {cause.Message}", cause)
{
    private const int BrokenPipe = 32, WindowsBrokenPipe = unchecked((int)0x8007006D), WindowsNoData = unchecked((int)0x800700E8);

    /// <summary>Whether the reader of the output has ended, as <c>head</c> does.</summary>
    public bool ReaderIsGone => InnerException is IOException { HResult: BrokenPipe or WindowsBrokenPipe or WindowsNoData };
}
