using System.Globalization;

namespace TransformerXL.Training.EventLog;

/// <summary>
/// Writes an event file for TensorBoard: TFRecords of <c>Event</c> messages (tensorboard/compat/proto/event.proto and
/// summary.proto). Each event is written with a single call, so that a kill leaves all earlier events intact.
/// </summary>
internal sealed class EventFileWriter : IDisposable
{
    private const string Prefix = "events.out.tfevents.", Version = "brain.Event:2";
    private const int StringTensor = 7, TensorData = 2, SessionStart = 1;

    private readonly FileStream _stream;
    private readonly TimeProvider _clock;

    private EventFileWriter(string path, TimeProvider clock)
    {
        (Path, _clock) = (path, clock);
        _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Creates a new file in the folder with those of earlier parts of a run; its name sorts after theirs, so TensorBoard reads it after them.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="firstStep">The first step of this file; TensorBoard discards the records of earlier files for this and later steps.</param>
    /// <param name="clock">The clock for the times of events.</param>
    public static EventFileWriter Create(string folder, long firstStep, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        EventFileWriter writer = new(System.IO.Path.Combine(folder, NextName(folder, clock)), clock);
        writer.Write(writer.Event(0).Add(3, Version));

        // TensorBoard discards older records only at the second such record, so the first file needs one too.
        writer.Write(writer.Event(firstStep).Add(7, new ProtobufMessage().Add(1, SessionStart)));
        return writer;
    }

    /// <summary>Writes values of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="scalars">Tags, such as <c>train/loss</c>, and values, which are stored as float32.</param>
    public void WriteScalars(long step, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        ProtobufMessage summary = new();
        foreach ((string tag, double value) in scalars)
        {
            summary.Add(1, new ProtobufMessage().Add(1, tag).Add(2, (float)value));
        }

        Write(Event(step).Add(5, summary));
    }

    /// <summary>Writes a text of a step. TensorBoard renders texts as Markdown; this one is written as a code block to be shown unchanged.</summary>
    /// <param name="step">The step.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="text">The text.</param>
    public void WriteText(long step, string tag, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string block = "    " + text.ReplaceLineEndings("\n    ");
        ProtobufMessage tensor = new ProtobufMessage().Add(1, StringTensor).Add(2, new ProtobufMessage()).Add(8, block);
        ProtobufMessage metadata = new ProtobufMessage().Add(1, new ProtobufMessage().Add(1, "text")).Add(4, TensorData);
        Write(Event(step).Add(5, new ProtobufMessage().Add(1, new ProtobufMessage().Add(1, tag).Add(8, tensor).Add(9, metadata))));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private ProtobufMessage Event(long step) =>
        new ProtobufMessage().Add(1, _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0).Add(2, step);

    private void Write(ProtobufMessage message) => _stream.Write(RecordFrame.Around(message.Bytes));

    /// <summary>Seconds since 1970 and a counter; the name must sort after earlier ones even within the same second or after the clock was set back.</summary>
    private static string NextName(string folder, TimeProvider clock)
    {
        string[] names = [.. Directory.EnumerateFiles(folder, Prefix + "*").Select(path => System.IO.Path.GetFileName(path))];
        long latest = names.Select(SecondsIn).DefaultIfEmpty(0).Max();
        long seconds = Math.Max(clock.GetUtcNow().ToUnixTimeSeconds(), latest);
        string beginning = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{seconds:D10}.txl.");
        int number = names.Count(name => name.StartsWith(beginning, StringComparison.Ordinal));
        return beginning + number.ToString("D4", CultureInfo.InvariantCulture);
    }

    private static long SecondsIn(string name)
    {
        string digits = new([.. name.Skip(Prefix.Length).TakeWhile(char.IsAsciiDigit).Take(10)]);
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) ? seconds : 0;
    }
}
