namespace TransformerXL.Cli.Terminals;

/// <summary>Whether standard output could be written, and what a failure means to the command that runs.</summary>
internal sealed class OutputState
{
    private Action<OutputLostException>? _onFailure;

    /// <summary>Why output was lost; null as long as all of it was written.</summary>
    public OutputLostException? Failure { get; private set; }

    /// <summary>Whether the command goes on when its output cannot be written, because a folder is what it is run for.</summary>
    public bool IsSecondary => _onFailure is not null;

    /// <summary>From now on a failure does not end the command, but is told once and output is dropped.</summary>
    public void MakeSecondary(Action<OutputLostException> onFailure) => _onFailure = onFailure;

    /// <summary>Keeps the first failure, and throws it unless output is secondary.</summary>
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
