using System.Globalization;
using Microsoft.Extensions.Logging;

namespace TransformerXL.Server;

/// <summary>Writes a line for each event of the log: time, level, message. Lines of several threads do not mix.</summary>
/// <param name="writer">Where to; it is not closed.</param>
/// <param name="clock">Tells the time.</param>
public sealed class LineLoggerProvider(TextWriter writer, TimeProvider clock) : ILoggerProvider
{
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new LineLogger(this);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Write(LogLevel level, string message, Exception? exception)
    {
        string name = level switch
        {
            LogLevel.Critical or LogLevel.Error => "error ",
            LogLevel.Warning => "warning ",
            _ => "",
        };
        string line = string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {name}{message}");
        lock (_lock)
        {
            writer.WriteLine(line);
            if (exception is not null)
            {
                writer.WriteLine(exception);
            }

            writer.Flush();
        }
    }

    private sealed class LineLogger(LineLoggerProvider provider) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            provider.Write(logLevel, formatter(state, exception), exception);
    }
}
