using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs;

/// <summary>Reads members of JSON objects and rejects unsupported settings that would silently change the meaning of a tokenizer.</summary>
internal static class JsonMembers
{
    public static JsonElement Object(JsonElement value, string what) =>
        value.ValueKind == JsonValueKind.Object ? value : throw new InputException($"{what} is a JSON {value.ValueKind}, where an object is expected");

    public static JsonElement Array(JsonElement value, string what) =>
        value.ValueKind == JsonValueKind.Array ? value : throw new InputException($"{what} is a JSON {value.ValueKind}, where an array is expected");

    public static string Text(JsonElement value, string what) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new InputException($"{what} is a JSON {value.ValueKind}, where a string is expected");

    public static JsonElement Required(JsonElement value, string name, string what) =>
        value.TryGetProperty(name, out JsonElement member) ? member : throw new InputException($"{what} lacks '{name}'");

    /// <summary>The value of a member that is true or false, or a default where it is missing.</summary>
    public static bool Flag(JsonElement value, string name, string what, bool missing)
    {
        if (!value.TryGetProperty(name, out JsonElement member))
        {
            return missing;
        }
        return member.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? member.GetBoolean()
            : throw new InputException($"'{name}' of {what} is {Show(member)}, neither true nor false");
    }

    /// <summary>Throws if the object has a member that is not known.</summary>
    public static void RequireKnown(JsonElement value, string what, params ReadOnlySpan<string> known)
    {
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw new InputException($"{what} has the member '{InputText.Show(member.Name)}', which is not supported");
            }
        }
    }

    /// <summary>Throws unless each of the members is missing, null, false, empty or zero: switched off.</summary>
    public static void RequireOff(JsonElement value, string what, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (value.TryGetProperty(name, out JsonElement member) && !IsOff(member))
            {
                throw new InputException($"'{name}' of {what} is {Show(member)}, which is not supported");
            }
        }
    }

    public static string Show(JsonElement value) => value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
        ? value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out JsonElement type) ? Show(type) : $"an {value.ValueKind}"
        : InputText.Show(value.GetRawText());

    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.String => value.ValueEquals(""),
        JsonValueKind.Number => value.TryGetDouble(out double number) && number == 0,
        _ => false,
    };
}
