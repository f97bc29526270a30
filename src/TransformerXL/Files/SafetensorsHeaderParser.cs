using System.Text.Json;

namespace TransformerXL.Files;

/// <summary>Reads the JSON of a safetensors header; checks each tensor alone, not their positions relative to each other.</summary>
internal sealed class SafetensorsHeaderParser(string file, byte[] json)
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = SafetensorsLimits.Depth };

    /// <summary>How the header is read, for messages about JSON.</summary>
    public static JsonDocumentOptions DocumentOptions => new() { MaxDepth = SafetensorsLimits.Depth };

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Text about the file.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>The tensors in the header's order.</summary>
    public List<SafetensorsEntry> Entries { get; } = [];

    /// <exception cref="JsonException">The header is not JSON or nests too deeply.</exception>
    /// <exception cref="InputException">The header is JSON of another format, or has impossible values.</exception>
    public void Parse()
    {
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        while (ReadKey(ref reader, "a tensor name") is { } name)
        {
            if (!_names.Add(name))
            {
                throw Fault($"the name '{InputText.Show(name)}' occurs twice");
            }

            reader.Read();
            if (name == SafetensorsLimits.MetadataKey)
            {
                ParseMetadata(ref reader);
                continue;
            }

            if (Entries.Count == SafetensorsLimits.Tensors)
            {
                throw Fault($"it has more than {SafetensorsLimits.Tensors} tensors");
            }

            Entries.Add(ParseEntry(ref reader, name));
        }

        // Only white space may follow; anything else makes the reader throw.
        reader.Read();
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        // Some writers store null for no metadata; the format's own reader accepts this too.
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        Expect(ref reader, JsonTokenType.StartObject, SafetensorsLimits.MetadataKey);
        while (ReadKey(ref reader, "a metadata key") is { } key)
        {
            reader.Read();
            string what = $"metadata '{InputText.Show(key)}'";
            Expect(ref reader, JsonTokenType.String, what);
            if (!Metadata.TryAdd(key, Text(ref reader, what)))
            {
                throw Fault($"the metadata key '{InputText.Show(key)}' occurs twice");
            }
        }
    }

    private SafetensorsEntry ParseEntry(ref Utf8JsonReader reader, string name)
    {
        string what = $"tensor '{InputText.Show(name)}'";
        SafetensorsType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, what);
        while (ReadKey(ref reader, "a field of " + what) is { } field)
        {
            reader.Read();
            switch (field)
            {
                case "dtype" when type is null:
                    type = ParseType(ref reader, what);
                    break;
                case "shape" when shape is null:
                    shape = ParseNumbers(ref reader, $"the shape of {what}", SafetensorsLimits.Rank);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ParseNumbers(ref reader, $"data_offsets of {what}", 2);
                    break;
                default:
                    throw Fault($"{what} has the field '{InputText.Show(field)}' twice or for no known purpose; dtype, shape and data_offsets are expected, once each");
            }
        }

        if (type is null || shape is null || offsets is not [long begin, long end])
        {
            throw Fault($"{what} lacks one of dtype, shape and data_offsets (two numbers)");
        }

        CheckLength(what, type.Value, shape, begin, end);
        return new SafetensorsEntry(name, type.Value, shape, begin, end);
    }

    private void CheckLength(string what, SafetensorsType type, long[] shape, long begin, long end)
    {
        int size = SafetensorsTypes.SizeOf(type);
        if (!SafetensorsLimits.TryCount(shape, size, out long count))
        {
            throw Fault($"{what} has the shape [{string.Join(", ", shape)}], whose size does not fit in 63 bits");
        }

        if (begin > end || end - begin != count * size)
        {
            throw Fault(
                $"{what} with shape [{string.Join(", ", shape)}] of {SafetensorsTypes.NameOf(type)} needs {count * size} bytes, its data_offsets {begin} to {end} hold {end - begin}");
        }
    }

    private SafetensorsType ParseType(ref Utf8JsonReader reader, string what)
    {
        Expect(ref reader, JsonTokenType.String, $"dtype of {what}");
        string name = Text(ref reader, $"dtype of {what}");
        return SafetensorsTypes.TryParse(name, out SafetensorsType type)
            ? type
            : throw Fault($"{what} has the element type '{InputText.Show(name)}'; known are {SafetensorsTypes.All}");
    }

    private long[] ParseNumbers(ref Utf8JsonReader reader, string what, int max)
    {
        Expect(ref reader, JsonTokenType.StartArray, what);
        Span<long> numbers = stackalloc long[SafetensorsLimits.Rank];
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == max)
            {
                throw Fault($"{what} has more than {max} numbers");
            }

            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw Fault($"{what} holds something other than whole numbers from 0 to {long.MaxValue}");
            }

            numbers[count++] = number;
        }

        return numbers[..count].ToArray();
    }

    private string? ReadKey(ref Utf8JsonReader reader, string what)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        if (reader.ValueSpan.Length > SafetensorsLimits.NameBytes)
        {
            throw Fault($"{what} has {reader.ValueSpan.Length} bytes; at most {SafetensorsLimits.NameBytes} are accepted");
        }

        return Text(ref reader, what);
    }

    private string Text(ref Utf8JsonReader reader, string what)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException fault)
        {
            throw new InputException($"'{file}' is not a safetensors file: {what} is not valid Unicode text", fault);
        }
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw Fault($"{what} is a JSON {reader.TokenType}, where {type} is expected");
        }
    }

    private InputException Fault(string text) => new($"'{file}' is not a usable safetensors file: {text}");
}
