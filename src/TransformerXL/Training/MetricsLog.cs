using System.Buffers;
using System.Text;
using System.Text.Json;

namespace TransformerXL.Training;

/// <summary>Appends one line of JSON for each report. Lines of steps that a resumed training takes again are removed first.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream _stream;
    private readonly ArrayBufferWriter<byte> _line = new(512);

    public MetricsLog(string path, long step)
    {
        Truncate(path, step);
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
    }

    public void Write(TrainingReport report)
    {
        _line.ResetWrittenCount();
        using (Utf8JsonWriter json = new(_line))
        {
            ReportJson.Write(json, report);
        }

        _line.Write("\n"u8);
        _stream.Write(_line.WrittenSpan);
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    private static void Truncate(string path, long step)
    {
        if (!File.Exists(path))
        {
            return;
        }

        string[] kept = [.. File.ReadLines(path).Where(line => StepOf(line) <= step)];
        File.WriteAllText(path, string.Concat(kept.Select(line => line + "\n")), new UTF8Encoding(false));
    }

    /// <summary>The step of a line; a line that a kill cut off has none and goes.</summary>
    private static long StepOf(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("step").GetInt64();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return long.MaxValue;
        }
    }
}
