using System.Globalization;
using TransformerXL.Files;
using TransformerXL.Tensors.Mpi;
using TransformerXL.Training;

namespace TransformerXL.Cli;

/// <summary>The exit code and the message of an exception.</summary>
internal static class Failure
{
    private const int LongestMessage = 4000;

    /// <summary>The exit code and the message.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="debug">Whether to show the stack trace.</param>
    /// <param name="stop">The user's wish to stop.</param>
    public static (int Code, string Message) Of(Exception exception, bool debug, CancellationToken stop)
    {
        (int code, string message) = exception switch
        {
            InputException or NotFiniteException => (ExitCode.BadInput, exception.Message),
            PlatformNotSupportedException or MpiException => (ExitCode.BadInput, exception.Message),
            TrainingDivergedException => (ExitCode.Diverged, exception.Message),
            OperationCanceledException when stop.IsCancellationRequested => (ExitCode.Cancelled, "stopped"),
            IOException or UnauthorizedAccessException => (ExitCode.BadInput, FileFault.Message(exception)),
            OutOfMemoryException => (ExitCode.BadInput, "there is not enough memory for this; a smaller model, batch or memory length needs less"),
            _ => (ExitCode.InternalError, $"internal error: {exception.Message} ({exception.GetType().Name})" + (debug ? "" : "; the same command with --debug shows where")),
        };
        return (code, Bounded(message));
    }

    /// <summary>A message that quotes a file must not fill the screen.</summary>
    private static string Bounded(string message) => message.Length <= LongestMessage
        ? message
        : string.Create(CultureInfo.InvariantCulture, $"{message.AsSpan(0, LongestMessage)}... ({message.Length - LongestMessage:N0} more characters)");
}
