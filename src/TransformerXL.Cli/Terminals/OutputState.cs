namespace TransformerXL.Cli.Terminals;

/// <summary>Tracks failures of standard output, and whether they end the current command.</summary>
internal sealed class OutputState
{
    private Action<OutputLostException>? _onFailure;

    /// <summary>The first failure; null if all output was written.</summary>
    public OutputLostException? Failure { get; private set; }

    /// <summary>Whether the command continues when its output cannot be written, because its main result is a folder.</summary>
    public bool IsSecondary => _onFailure is not null;

    /// <summary>From now on a failure does not end the command: it is reported once and output is dropped.</summary>
    public void MakeSecondary(Action<OutputLostException> onFailure) => _onFailure = onFailure;

    /// <summary>Records the first failure, and throws it unless output is secondary.</summary>
    public void Fail(Exception cause)
    {
        bool isFirst = Failure is null;
        OutputLostException failure = Failure ??= new OutputLostException(cause);
        if (_onFailure is not { } notify)
        {
            throw failure;
        }

        if (isFirst)
        {
            notify(failure);
        }
    }
}
