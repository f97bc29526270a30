namespace TransformerXL.Cli.Terminals;

/// <summary>Standard output cannot be written. Not an <see cref="IOException"/>, so that nobody takes it for a failure of a file.</summary>
internal sealed class OutputLostException(Exception cause) : Exception($"standard output cannot be written: {cause.Message}", cause)
{
    private const int BrokenPipe = 32, WindowsBrokenPipe = unchecked((int)0x8007006D), WindowsNoData = unchecked((int)0x800700E8);

    /// <summary>Whether the program that read the output has ended, as <c>head</c> does when it has seen enough.</summary>
    public bool ReaderIsGone => InnerException is IOException { HResult: BrokenPipe or WindowsBrokenPipe or WindowsNoData };
}
