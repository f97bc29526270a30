using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TransformerXL.Cli.Terminals;

/// <summary>Writes JSON objects, one per line.</summary>
/// <param name="writer">The output.</param>
/// <param name="flush">Whether each complete line is flushed.</param>
internal sealed class JsonLines(TextWriter writer, bool flush = true)
{
    // Keeps text readable; characters that break a line are still escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ArrayBufferWriter<byte> _line = new(512);

    /// <summary>Writes the member <c>id</c> as it was in the input; nothing without one.</summary>
    /// <param name="json">The object.</param>
    /// <param name="id">The name; null for none.</param>
    /// <param name="isNumber">Whether it was a number, and not a string.</param>
    public static void WriteId(Utf8JsonWriter json, string? id, bool isNumber)
    {
        if (id is not null && isNumber)
        {
            json.WritePropertyName("id");
            json.WriteRawValue(id);
        }
        else if (id is not null)
        {
            json.WriteString("id", id);
        }
    }

    public void Write(Action<Utf8JsonWriter> write)
    {
        _line.ResetWrittenCount();
        using (Utf8JsonWriter json = new(_line, Options))
        {
            write(json);
        }

        writer.Write(Encoding.UTF8.GetString(_line.WrittenSpan));
        writer.Write('\n');
        if (flush)
        {
            writer.Flush();
        }
    }
}
