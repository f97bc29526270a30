using System.Text.Encodings.Web;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs;

/// <summary>Helpers of the readers and writers of other programs' files.</summary>
internal static class BytePairFile
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>Reads a file of bounded size and names it in every error about its contents.</summary>
    public static T Read<T>(string path, Func<byte[], T> parse)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] content = VocabularyJson.ReadBounded(path);
        try
        {
            return parse(content);
        }
        catch (InputException exception)
        {
            throw new InputException($"vocabulary '{path}': {exception.Message}", exception);
        }
    }

    /// <summary>Passes the root of a JSON text, an object without repeated members, to a parser.</summary>
    /// <exception cref="InputException">The text is not JSON, or the parser refused it.</exception>
    public static T ParseJson<T>(byte[] content, Func<JsonElement, T> parse)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content, s_options);
            return parse(JsonMembers.Object(document.RootElement, "the file"));
        }
        // GetString throws InvalidOperationException for an escaped lone surrogate.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InputException($"it is not valid JSON: {JsonFault.Describe(content, s_options)}", exception);
        }
    }

    /// <summary>Whether a JSON file is a <c>vocabulary.json</c> rather than one of another program.</summary>
    /// <exception cref="InputException">The file is missing, too large or no JSON object.</exception>
    public static bool IsOwn(string path) => Read(path, content => ParseJson(content, IsOwn));

    /// <summary>The same of its content. A token of <c>vocab.json</c> may have the name of the member, but its value is a number.</summary>
    public static bool IsOwn(JsonElement root) => root.TryGetProperty("format", out JsonElement format) && format.ValueKind == JsonValueKind.String;

    public static void WriteJson(string path, Action<Utf8JsonWriter> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        });
    }

    public static void WriteIds(Utf8JsonWriter writer, string?[] names)
    {
        for (int id = 0; id < names.Length; id++)
        {
            if (names[id] is { } name)
            {
                writer.WriteNumber(name, id);
            }
        }
    }
}
