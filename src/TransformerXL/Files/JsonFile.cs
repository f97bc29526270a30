using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TransformerXL.Files;

/// <summary>Reads JSON files that people write: comments and a comma after the last member are allowed, the same member twice is not.</summary>
internal static class JsonFile
{
    private const int DeepestNesting = 16;

    /// <summary>The object that a file holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mostBytes">A longer file is refused before it is read.</param>
    /// <exception cref="InputException">It cannot be read, or holds no JSON object.</exception>
    public static JsonObject Read(string path, long mostBytes)
    {
        try
        {
            RegularFile.Require(path, allowInheritedPipe: true);
            using FileStream stream = File.OpenRead(path);
            using MemoryStream whole = ReadBounded(stream, path, mostBytes);
            JsonDocumentOptions options = new() { MaxDepth = DeepestNesting, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };
            JsonObject content = JsonNode.Parse(whole, documentOptions: options) as JsonObject
                ?? throw new InputException($"{path}: must hold a JSON object, as in {{ \"training\": {{ \"steps\": 1000 }} }}");
            ReadTexts(content);
            return content;
        }
        catch (InvalidOperationException exception)
        {
            throw new InputException($"{path}: holds text that is not UTF-8, or an escape that is no character", exception);
        }
        catch (JsonException exception)
        {
            throw new InputException($"{path}: {Describe(exception)}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads to the end, of a pipe as well, which tells no length.</summary>
    private static MemoryStream ReadBounded(FileStream stream, string path, long mostBytes)
    {
        MemoryStream whole = new();
        byte[] buffer = new byte[1 << 14];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            whole.Write(buffer, 0, read);
            Require.That(whole.Length <= mostBytes, $"{path}: has too many bytes for such a file; at most {mostBytes} are read");
        }

        whole.Position = 0;
        return whole;
    }

    /// <summary>Decodes every name and text once: nodes do it only when they are asked, and then fail far from here.</summary>
    private static void ReadTexts(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach ((_, JsonNode? value) in members)
                {
                    ReadTexts(value);
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                {
                    ReadTexts(item);
                }

                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _ = value.GetValue<string>();
                break;
        }
    }

    /// <summary>What is wrong, and in which line as editors count them.</summary>
    private static string Describe(JsonException exception)
    {
        string message = exception.Message;
        int details = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        // The framework quotes what it could not read, to the end of the file.
        message = InputText.Show(details < 0 ? message : message[..details], most: 240);
        return exception.LineNumber is { } line ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1} is not JSON: {message}") : message;
    }
}
