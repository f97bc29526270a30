using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace TransformerXL.Files;

/// <summary>The record types that one JSON object may hold, distinguished by a member such as <c>kind</c>.</summary>
internal sealed class JsonVariants
{
    private readonly JsonTypeInfo _type;

    private JsonVariants(JsonTypeInfo type)
    {
        _type = type;
        Discriminator = type.PolymorphismOptions!.TypeDiscriminatorPropertyName;
        Names = [.. type.PolymorphismOptions.DerivedTypes.Select(derived => (string)derived.TypeDiscriminator!)];
        Types = [.. type.PolymorphismOptions.DerivedTypes.Select(derived => type.Options.GetTypeInfo(derived.DerivedType))];
    }

    /// <summary>The discriminator member.</summary>
    public string Discriminator { get; }

    /// <summary>Its values.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The types, in the order of <see cref="Names"/>.</summary>
    public IReadOnlyList<JsonTypeInfo> Types { get; }

    /// <summary>The variants of a type; null if it is a single one.</summary>
    public static JsonVariants? Of(JsonTypeInfo type) => type.PolymorphismOptions is null ? null : new JsonVariants(type);

    /// <summary>The type of an object: the declared type, or the variant that the object names.</summary>
    public static JsonTypeInfo TypeOf(JsonTypeInfo declared, JsonObject content) => Of(declared) is { } variants ? variants.TypeOf(content) : declared;

    /// <summary>The variant that an object names.</summary>
    public JsonTypeInfo TypeOf(JsonObject content) => Types[IndexOf(content[Discriminator])];

    /// <summary>The property with a name in the first type that has it; null if none has it.</summary>
    public JsonPropertyInfo? Find(string name) => Types.SelectMany(type => type.Members()).FirstOrDefault(property => property.Name == name);

    /// <summary>Checks a value of the discriminator.</summary>
    /// <exception cref="InputException">It names no type.</exception>
    public void Require(JsonNode? value, string member)
    {
        if (IndexOf(value) < 0)
        {
            throw new InputException($"{member} is {JsonMemberType.Describe(value)}, but must be one of the texts {string.Join(", ", Names)}") { Member = member };
        }
    }

    /// <summary>Converts an object to another variant; members that both variants have are kept.</summary>
    /// <param name="name">The variant.</param>
    /// <param name="content">The object.</param>
    /// <param name="defaults">The JSON of a new object of a type.</param>
    public JsonObject Convert(string name, JsonObject content, Func<JsonTypeInfo, JsonObject> defaults)
    {
        JsonTypeInfo type = Types[IndexOf(JsonValue.Create(name))];
        JsonObject created = defaults(type), result = new() { [Discriminator] = name };
        foreach (JsonPropertyInfo property in type.Members())
        {
            JsonObject source = content.ContainsKey(property.Name) ? content : created;
            if (source.TryGetPropertyValue(property.Name, out JsonNode? value))
            {
                result[property.Name] = value?.DeepClone();
            }
        }

        return result;
    }

    private int IndexOf(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? Names.ToList().IndexOf(value.GetValue<string>()) : -1;
}
