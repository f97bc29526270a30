using System.Text.Json;
using System.Text.Json.Nodes;

namespace TransformerXL.Files;

/// <summary>Reads JSON files that people write: comments and a comma after the last member are allowed, the same member twice is not.</summary>
internal static class JsonFile
{
    private const int DeepestNesting = 16;

    /// <summary>The object that a file holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The maximum length; a longer file is rejected before it is read.</param>
    /// <param name="example">A valid content, for the message about a file that holds no object; null for none.</param>
    /// <exception cref="InputException">It cannot be read, or holds no JSON object.</exception>
    public static JsonObject Read(string path, long maxBytes, string? example = null)
    {
        try
        {
            RegularFile.Require(path, allowInheritedPipe: true);
            using FileStream stream = File.OpenRead(path);
            using MemoryStream whole = ReadBounded(stream, path, maxBytes);
            return Parse(path, whole, example);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }

    private static JsonObject Parse(string path, MemoryStream whole, string? example)
    {
        JsonDocumentOptions options = new() { MaxDepth = DeepestNesting, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };
        try
        {
            // Objects refuse a member that they have already. The parser's own check would load the library of System.Security.Cryptography, for the seed of a hash.
            JsonNode? content = JsonNode.Parse(whole, documentOptions: options with { AllowDuplicateProperties = true });
            ReadTexts(content);
            return content as JsonObject
                ?? throw new InputException($"{path}: must hold a JSON object{(example is null ? "" : $", as in {example},")} but holds {JsonMemberType.Describe(content)}");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new InputException($"{path}: {JsonFault.Describe(whole.GetBuffer().AsSpan(0, (int)whole.Length), options)}", exception);
        }
    }

    /// <summary>Reads to the end, also of a pipe, which has no length.</summary>
    private static MemoryStream ReadBounded(FileStream stream, string path, long maxBytes)
    {
        MemoryStream whole = new();
        byte[] buffer = new byte[1 << 14];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            whole.Write(buffer, 0, read);
            Require.That(whole.Length <= maxBytes, $"{path}: is too large; at most {maxBytes} bytes are read");
        }

        whole.Position = 0;
        return whole;
    }

    /// <summary>Decodes every name and text once: nodes decode lazily, and would fail later without the name of the file.</summary>
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
}
