using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;

namespace TransformerXL.Cli.Commands;

/// <summary>A text that a user has named: a file, a named pipe, or <c>-</c> for standard input.</summary>
internal static class InputFile
{
    public const string StandardInput = "-";

    /// <summary>The name in messages.</summary>
    public static string NameOf(string path) => path == StandardInput ? "standard input" : path;

    /// <summary>Opens it for sequential reading. Waiting for a pipe or a keyboard ends when the user stops the command.</summary>
    /// <param name="path">The file; <c>-</c> reads standard input.</param>
    /// <param name="terminal">Provides standard input and shows the prompt to type.</param>
    /// <param name="status">Shows the progress of reading a file; null to show nothing.</param>
    /// <param name="stop">Cancelled when the user stops the command.</param>
    /// <exception cref="InputException">It cannot be opened.</exception>
    public static Stream Open(string path, Terminal terminal, StatusLine? status, CancellationToken stop)
    {
        if (path == StandardInput)
        {
            return OpenStandardInput(terminal, stop);
        }

        // Opening or reading a pipe without a writer blocks; a link such as /dev/stdin leads to a pipe without a path.
        return IsRegular(path) ? OpenRegular(path, status) : new InterruptibleStream(() => Open(path), stop) { Name = path };
    }

    /// <summary>Runs an action on the contents; errors get the name of the file.</summary>
    /// <exception cref="InputException">The contents cannot be used.</exception>
    public static async Task<T> NamingAsync<T>(string path, Func<Task<T>> use)
    {
        string name = NameOf(path);
        try
        {
            return await use().ConfigureAwait(false);
        }
        catch (InputException exception) when (exception.File is null && !Names(exception.Message, name))
        {
            throw new InputException($"'{name}': {exception.Message}", exception);
        }
    }

    /// <summary>Whether a message names a file. A short name can be a part of any word, so that it has to be quoted or to come first.</summary>
    private static bool Names(string message, string name) =>
        message.Contains($"'{name}'", StringComparison.Ordinal)
        || (message.StartsWith(name, StringComparison.Ordinal) && message.Length > name.Length && message[name.Length] is ' ' or ':');

    private static InterruptibleStream OpenStandardInput(Terminal terminal, CancellationToken stop)
    {
        Stream input = terminal.OpenInput();
        if (terminal.InputIsKeyboard)
        {
            terminal.Error.WriteLine($"txl: reading the text from the keyboard; {(OperatingSystem.IsWindows() ? "Ctrl+Z and Enter end it" : "Ctrl+D at the beginning of a line ends it")}");
        }

        return new InterruptibleStream(() => input, stop) { Name = NameOf(StandardInput) };
    }

    /// <summary>Whether it is a file with a length, unlike pipes and devices. A missing file counts as one, so that opening it reports the error.</summary>
    private static bool IsRegular(string path)
    {
        try
        {
            var named = new FileInfo(path);
            return named.ResolveLinkTarget(returnFinalTarget: true) is { } target
                ? target is FileInfo { Exists: true, Length: > 0 }
                : named is not { Exists: true, Length: 0 };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static Stream OpenRegular(string path, StatusLine? status)
    {
        FileStream file = Open(path);
        return status is null ? file : new StatusStream(file, new WorkProgress(status));
    }

    private static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"'{path}' is a folder, but a file is needed");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }
}
