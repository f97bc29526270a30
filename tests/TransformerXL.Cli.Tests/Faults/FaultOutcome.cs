namespace TransformerXL.Cli.Tests.Faults;

/// <summary>How a process ended.</summary>
internal sealed record FaultOutcome(int Code, string Error)
{
    /// <summary>Whether the command did its work, or found it done. Import, export, compress and decompress say so by refusing the complete folder or file.</summary>
    public bool IsDone => Code == ExitCode.Ok
        || (Code == ExitCode.BadInput && (Error.Contains("holds a run or a model already", StringComparison.Ordinal) || Error.Contains("holds files already; name another folder", StringComparison.Ordinal)
            || Error.Contains("exists already; replace it with --force", StringComparison.Ordinal)
            || Error.Contains("exists already; name another folder", StringComparison.Ordinal)));
}
