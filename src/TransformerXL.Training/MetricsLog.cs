using System.Buffers;
using System.Text;
using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Training.Records;

namespace TransformerXL.Training;

/// <summary>Appends one line of JSON for each report. Lines of steps that a resumed training takes again are removed first.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream _stream;
    private readonly ArrayBufferWriter<byte> _line = new(512);

    /// <param name="path">The file.</param>
    /// <param name="step">The steps that were taken before.</param>
    /// <param name="validationIsDue">Whether the validation after the last of them was stopped, so that it is made again.</param>
    public MetricsLog(string path, long step, bool validationIsDue = false)
    {
        RegularFile.Require(path);
        Truncate(path, line => StepOf(line) is var own && (own < step || (own == step && !(validationIsDue && IsValidation(line)))));
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
    }

    public void Write(TrainingReport report) => Write(json => ReportJson.Write(json, report));

    public void Write(RunPart part) => Write(part.Write);

    public void Dispose() => _stream.Dispose();

    /// <summary>Whether the log says that a checkpoint with a name was written.</summary>
    public static bool TellsOfCheckpoint(string path, string name)
    {
        RegularFile.Require(path);
        return File.Exists(path) && File.ReadLines(path).Any(line => line.Contains("checkpoint", StringComparison.Ordinal) && IsOfCheckpoint(line, name));
    }

    private static bool IsOfCheckpoint(string line, string name)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("kind", out JsonElement kind) && kind.ValueEquals("checkpoint")
                && root.TryGetProperty("path", out JsonElement folder) && folder.GetString()?.Split('/', '\\')[^1] == name;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private void Write(Action<Utf8JsonWriter> write)
    {
        _line.ResetWrittenCount();
        using (Utf8JsonWriter json = new(_line))
        {
            write(json);
        }

        _line.Write("\n"u8);
        _stream.Write(_line.WrittenSpan);
        _stream.Flush();
    }

    /// <summary>The file is replaced whole: a kill in the middle must not cost the lines that stay.</summary>
    private static void Truncate(string path, Func<string, bool> stays)
    {
        if (!File.Exists(path))
        {
            return;
        }

        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
            foreach (string line in File.ReadLines(path).Where(stays))
            {
                writer.Write(line + "\n");
            }
        });
    }

    /// <summary>Whether a line that has a step is of a validation.</summary>
    private static bool IsValidation(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.TryGetProperty("kind", out JsonElement kind) && kind.ValueKind == JsonValueKind.String && kind.ValueEquals("validation");
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
