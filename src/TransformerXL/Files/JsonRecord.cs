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
            throw new InputException($"{path}: {(exception is JsonException ? InputText.Show(exception.Message, most: 240) : exception.Message)}", exception) { Member = (exception as InputException)?.Member, Remedies = (exception as InputException)?.Remedies ?? [] };
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
