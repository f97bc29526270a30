using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace TransformerXL.Files;

/// <summary>Reads records from JSON files: unknown names are errors, and every message names the file. Missing members get their defaults.</summary>
internal static class JsonRecord
{
    /// <summary>The record that a file holds.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">Its content.</param>
    /// <param name="type">The record.</param>
    /// <param name="defaults">The JSON of a new object of the type, and of each part of it.</param>
    /// <exception cref="InputException">A member is missing, unknown, or of another type; the message names it.</exception>
    public static T Read<T>(string path, JsonObject file, JsonTypeInfo<T> type, Func<JsonTypeInfo, JsonObject> defaults)
    {
        JsonObject whole = defaults(type);
        try
        {
            new JsonOverlay(defaults).Lay(type, whole, file);
            JsonOverlay.RequireWhole(type, whole);
            return whole.Deserialize(type)!;
        }
        catch (Exception exception) when (exception is JsonException or InputException)
        {
            throw new InputException($"{path}: {Describe(exception)}", exception) { Member = (exception as InputException)?.Member, Remedies = (exception as InputException)?.Remedies ?? [] };
        }
    }

    /// <summary>The record that a file of this program holds whole; only members that may be null may be missing.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">Its content.</param>
    /// <param name="type">The record.</param>
    /// <exception cref="InputException">A member is missing, unknown, or of another type; the message names it.</exception>
    public static T Read<T>(string path, JsonObject file, JsonTypeInfo<T> type)
    {
        try
        {
            RequireShape(type, file, "");
            return file.Deserialize(type)!;
        }
        catch (Exception exception) when (exception is JsonException or InputException)
        {
            throw new InputException($"{path}: {Describe(exception)}", exception) { Member = (exception as InputException)?.Member };
        }
    }

    /// <summary>Values that the program has found and kept in a file: an error says that they can be found again.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The most bytes that are read.</param>
    /// <param name="type">The record.</param>
    /// <param name="validate">Checks the values.</param>
    /// <exception cref="InputException">The file is damaged or cannot be read.</exception>
    public static T ReadFound<T>(string path, long maxBytes, JsonTypeInfo<T> type, Action<T> validate)
    {
        try
        {
            T values = Read(path, JsonFile.Read(path, maxBytes), type);
            Validate(path, () => validate(values));
            return values;
        }
        catch (InputException exception) when (exception.InnerException is not (IOException or UnauthorizedAccessException))
        {
            throw new InputException($"{exception.Message.TrimEnd('.')}; without the file its values can be found again", exception) { Member = exception.Member };
        }
    }

    /// <summary>Validates a record; errors name the file and the member.</summary>
    /// <exception cref="InputException">A value is not allowed.</exception>
    public static void Validate(string path, Action validate)
    {
        try
        {
            validate();
        }
        catch (InputException exception)
        {
            throw new InputException($"{path}: {exception.Member}: {exception.Message}", exception) { Member = exception.Member, Remedies = exception.Remedies };
        }
    }

    /// <summary>The JSON of an object, without the members that have no default.</summary>
    public static JsonObject DefaultsOf(JsonTypeInfo type, object value)
    {
        JsonObject json = JsonSerializer.SerializeToNode(value, type)!.AsObject();
        RemoveRequired(type, json);
        return json;
    }

    /// <summary>The framework's message about a record names types of this program; its path is what helps.</summary>
    private static string Describe(Exception exception) => exception is JsonException json
        ? $"the member '{InputText.Show(json.Path?.TrimStart('$', '.') ?? "")}' is missing, not known, or has a value of another type"
        : exception.Message;

    private static void RequireShape(JsonTypeInfo declared, JsonObject content, string prefix)
    {
        if (JsonVariants.Of(declared) is { } variants)
        {
            variants.Require(content[variants.Discriminator], prefix + variants.Discriminator);
        }

        JsonTypeInfo type = JsonVariants.TypeOf(declared, content);
        foreach (JsonPropertyInfo property in type.Members())
        {
            string member = prefix + property.Name;
            if (!content.TryGetPropertyValue(property.Name, out JsonNode? value))
            {
                TransformerXL.Require.That(IsNullable(property), $"'{member}' is missing");
                continue;
            }

            JsonTypeInfo inner = type.Options.GetTypeInfo(property.PropertyType);
            if (inner.Kind == JsonTypeInfoKind.Object && value is JsonObject part)
            {
                RequireShape(inner, part, member + ".");
            }
            else if (inner.ElementType is { } element && value is JsonArray items && type.Options.GetTypeInfo(element) is { Kind: JsonTypeInfoKind.Object } record)
            {
                for (int i = 0; i < items.Count; i++)
                {
                    RequireShape(record, items[i] as JsonObject ?? throw new InputException($"'{member}[{i}]' is {JsonMemberType.Describe(items[i])}, but must be an object"), $"{member}[{i}].");
                }
            }
            else
            {
                JsonMemberType.Require(property, inner, value, member);
            }
        }
    }

    private static bool IsNullable(JsonPropertyInfo property) =>
        property.PropertyType.IsValueType ? Nullable.GetUnderlyingType(property.PropertyType) is not null : property.IsSetNullable;

    private static void RemoveRequired(JsonTypeInfo type, JsonObject json)
    {
        foreach (JsonPropertyInfo property in JsonVariants.TypeOf(type, json).Members())
        {
            if (json[property.Name] is JsonObject part)
            {
                RemoveRequired(type.Options.GetTypeInfo(property.PropertyType), part);
            }
            else if (property.IsRequired)
            {
                json.Remove(property.Name);
            }
        }
    }
}
