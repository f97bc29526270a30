namespace TransformerXL.Cli.Tests.Faults;

/// <summary>How a process ended.</summary>
internal sealed record FaultOutcome(int Code, string Error)
{
    /// <summary>Whether the command did its work, or says that it is done already.</summary>
    public bool IsDone => Code == ExitCode.Ok || (Code == ExitCode.BadInput && Error.Contains(" already", StringComparison.Ordinal));
}
