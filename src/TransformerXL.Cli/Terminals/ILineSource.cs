namespace TransformerXL.Cli.Terminals;

/// <summary>Where the lines of a conversation come from.</summary>
internal interface ILineSource
{
    /// <summary>Whether something was typed on the line that was read last, also when the wait was cancelled.</summary>
    bool HasText { get; }

    /// <summary>Reads a line.</summary>
    /// <param name="prompt">Is shown before the line, where somebody types it.</param>
    /// <param name="cancellationToken">Ends the wait; the line is discarded.</param>
    /// <returns>The line without its end; null at the end of the input.</returns>
    Task<string?> ReadAsync(string prompt, CancellationToken cancellationToken);
}
