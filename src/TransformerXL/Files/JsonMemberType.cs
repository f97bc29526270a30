using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace TransformerXL.Files;

/// <summary>Describes the type of a member of a JSON file for users who do not know C#.</summary>
internal static class JsonMemberType
{
    /// <summary>Checks one value.</summary>
    /// <exception cref="InputException">It has another type; the message names the member, the value and the type.</exception>
    public static void Require(JsonPropertyInfo property, JsonTypeInfo type, JsonNode? value, string member)
    {
        bool fits = value is null ? AllowsNull(property) : type.Kind != JsonTypeInfoKind.Object && Fits(type, value);
        if (!fits)
        {
            throw new InputException($"{member} is {Describe(value)}, but must be {Expected(type)}{(AllowsNull(property) ? ", or null" : "")}") { Member = member };
        }
    }

    /// <summary>Whether a member may be null.</summary>
    public static bool AllowsNull(JsonPropertyInfo property) =>
        property.PropertyType.IsValueType ? Nullable.GetUnderlyingType(property.PropertyType) is not null : property.IsGetNullable;

    private static bool Fits(JsonTypeInfo type, JsonNode value)
    {
        Type plain = Plain(type);
        try
        {
            value.Deserialize(type);
            // The converter also reads numbers and lists with commas.
            return !plain.IsEnum || (value.GetValueKind() == JsonValueKind.String && (IsFlags(plain) || Enum.GetNames(plain).Contains(value.GetValue<string>(), StringComparer.OrdinalIgnoreCase)));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A value in a message.</summary>
    public static string Describe(JsonNode? value)
    {
        string text = value?.ToJsonString() ?? "null";
        text = text.Length <= 60 ? text : text[..60] + "...";
        return value?.GetValueKind() switch
        {
            JsonValueKind.String => $"the text {text}",
            JsonValueKind.Number => $"the number {text}",
            JsonValueKind.Array => $"the list {text}",
            JsonValueKind.Object => $"the object {text}",
            _ => text,
        };
    }

    private static string Expected(JsonTypeInfo type)
    {
        Type plain = Plain(type);
        return type.Kind switch
        {
            JsonTypeInfoKind.Object => "an object",
            JsonTypeInfoKind.Enumerable => type.ElementType == typeof(string) ? "a list of texts" : type.ElementType == typeof(int) ? "a list of whole numbers" : "a list",
            _ when plain == typeof(bool) => "true or false",
            _ when plain == typeof(string) => "a text",
            _ when plain == typeof(float) || plain == typeof(double) => "a number",
            _ when plain == typeof(ulong) => "a whole number from 0 on",
            _ when IsFlags(plain) => $"a text of one or some of {string.Join(", ", Enum.GetNames(plain))}",
            _ when plain.IsEnum => $"one of the texts {string.Join(", ", Enum.GetNames(plain))}",
            _ => plain == typeof(int) ? $"a whole number of at most {int.MaxValue}" : "a whole number",
        };
    }

    private static Type Plain(JsonTypeInfo type) => Nullable.GetUnderlyingType(type.Type) ?? type.Type;

    private static bool IsFlags(Type type) => type.IsDefined(typeof(FlagsAttribute), inherit: false);
}
