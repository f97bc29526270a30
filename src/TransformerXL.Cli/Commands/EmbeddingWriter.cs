using System.Text.Json;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Files.Parquet;

namespace TransformerXL.Cli.Commands;

/// <summary>Writes vectors in one of the formats of <c>txl embed</c>.</summary>
internal abstract class EmbeddingWriter
{
    public const string Npy = "npy", Parquet = "parquet";

    /// <summary>The formats.</summary>
    public static readonly string[] Formats = ["jsonl", Npy, Parquet];

    /// <summary>Number of vectors written.</summary>
    public long Count { get; private set; }

    /// <summary>The format of a file extension; null if it is unknown.</summary>
    public static string? FormatOf(string path) => Formats.FirstOrDefault(format => path.EndsWith("." + format, StringComparison.OrdinalIgnoreCase));

    /// <summary>JSON lines.</summary>
    public static EmbeddingWriter Lines(TextWriter writer) => new JsonWriter(new JsonLines(writer, flush: false), writer);

    /// <summary>A file of another format than JSON lines.</summary>
    public static EmbeddingWriter Binary(string format, Stream stream, int columns) =>
        format == Npy ? new MatrixWriter(new NumpyMatrixWriter(stream, columns)) : new TableWriter(new VectorTableWriter(stream, columns));

    /// <summary>Writes a vector.</summary>
    public void Write(ListedText text, float[] vector)
    {
        Write(Count, text, vector);
        Count++;
    }

    /// <summary>Finishes the file.</summary>
    public abstract void Complete();

    private protected abstract void Write(long index, ListedText text, float[] vector);

    private sealed class JsonWriter(JsonLines lines, TextWriter writer) : EmbeddingWriter
    {
        public override void Complete() => writer.Flush();

        private protected override void Write(long index, ListedText text, float[] vector) => lines.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            if (text.Line > 0)
            {
                json.WriteNumber("line", text.Line);
            }

            JsonLines.WriteId(json, text.Id, text.HasNumberedId);
            json.WriteStartArray("embedding");
            WriteNumbers(json, vector);
            json.WriteEndArray();
            json.WriteEndObject();
        });

        private static void WriteNumbers(Utf8JsonWriter json, float[] vector)
        {
            foreach (float value in vector)
            {
                json.WriteNumberValue(value);
            }
        }
    }

    private sealed class MatrixWriter(NumpyMatrixWriter matrix) : EmbeddingWriter
    {
        public override void Complete() => matrix.Complete();

        private protected override void Write(long index, ListedText text, float[] vector) => matrix.Write(vector);
    }

    private sealed class TableWriter(VectorTableWriter table) : EmbeddingWriter
    {
        public override void Complete() => table.Complete();

        private protected override void Write(long index, ListedText text, float[] vector) => table.Write(text.Id, vector);
    }
}
