namespace TransformerXL.Cli;

/// <summary>The exit codes of <c>txl</c>.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>A file, a text or a combination of values is not valid, or a comparison of speeds failed.</summary>
    public const int BadInput = 1;

    /// <summary>The command line is wrong.</summary>
    public const int WrongUsage = 2;

    /// <summary>The loss is no longer a finite number.</summary>
    public const int Diverged = 3;

    /// <summary>A bug in the program.</summary>
    public const int InternalError = 70;

    /// <summary>Stopped by the user.</summary>
    public const int Cancelled = 130;

    /// <summary>The reader of the output has ended early; other programs are then killed by SIGPIPE, which shells report as this code.</summary>
    public const int ReaderGone = 141;

    /// <summary>The lines of <c>txl --help</c>.</summary>
    public const string Help = """
        0    done
        1    bad input: a file, a text or values that do not go together; or 'bench --check' found a loss of speed; or the
             output could not be written
        2    wrong usage: an unknown command or option, or a value that is not allowed
        3    the training diverged: loss or gradient no longer finite
        70   internal error; --debug shows where
        130  stopped by Ctrl+C or a signal (a training has saved its state)
        141  the reader of the output ended before it had all, as in 'txl generate RUN --tokens 0 | head'
        """;
}
