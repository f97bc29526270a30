using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TransformerXL.Cli.Terminals;

/// <summary>Writes JSON objects, one to a line.</summary>
/// <param name="writer">Where to.</param>
/// <param name="flush">Whether each line is handed on as soon as it is whole.</param>
internal sealed class JsonLines(TextWriter writer, bool flush = true)
{
    // Text stays readable; what a line must not hold is escaped all the same.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ArrayBufferWriter<byte> _line = new(512);

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
