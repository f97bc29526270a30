using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace TransformerXL.Files;

/// <summary>
/// Lays the members of a file over those of an object that is there already. The generated readers of System.Text.Json set an
/// <c>init</c> property that a file lacks to zero, whatever its initialiser says; over the JSON of the defaults it keeps its default.
/// </summary>
/// <param name="defaults">The JSON of a new object of a type, for a part that was null before.</param>
internal sealed class JsonOverlay(Func<JsonTypeInfo, JsonObject> defaults)
{
    /// <summary>What editors read to know which schema a file follows.</summary>
    private const string SchemaMember = "$schema";

    /// <summary>Replaces members, in place.</summary>
    /// <param name="type">The type of both.</param>
    /// <param name="below">What is there already.</param>
    /// <param name="above">What overrides it: any part of the members.</param>
    /// <returns>The paths of the members that were replaced, such as <c>model.layers</c>.</returns>
    /// <exception cref="InputException">A member does not exist, or has a value of another type; the message names both.</exception>
    public IReadOnlyList<string> Lay(JsonTypeInfo type, JsonObject below, JsonObject above)
    {
        List<string> members = [];
        Lay(type, below, above, "", members);
        return members;
    }

    /// <summary>Requires every member that has no default.</summary>
    /// <exception cref="InputException">One is missing; the message names it.</exception>
    public static void RequireWhole(JsonTypeInfo type, JsonObject content, string prefix = "")
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            Require.That(!property.IsRequired || content.ContainsKey(property.Name), $"{prefix}{property.Name} is missing");
            if (content[property.Name] is JsonObject inner)
            {
                RequireWhole(type.Options.GetTypeInfo(property.PropertyType), inner, $"{prefix}{property.Name}.");
            }
        }
    }

    private void Lay(JsonTypeInfo type, JsonObject below, JsonObject above, string prefix, List<string> members)
    {
        foreach ((string name, JsonNode? value) in above)
        {
            if (prefix.Length == 0 && name == SchemaMember)
            {
                continue;
            }

            JsonPropertyInfo property = type.Properties.FirstOrDefault(property => property.Name == name) ?? throw Unknown(type, prefix, name);
            JsonTypeInfo content = type.Options.GetTypeInfo(property.PropertyType);
            if (content.Kind == JsonTypeInfoKind.Object && value is JsonObject part)
            {
                JsonObject present = below[name] as JsonObject ?? defaults(content);
                below[name] = present.Parent is null ? present : present.DeepClone();
                Lay(content, (JsonObject)below[name]!, part, $"{prefix}{name}.", members);
            }
            else
            {
                JsonMemberType.Require(property, content, value, prefix + name);
                below[name] = value?.DeepClone();
                members.Add(prefix + name);
            }
        }
    }

    private static InputException Unknown(JsonTypeInfo type, string prefix, string name)
    {
        string[] names = [.. type.Properties.Select(property => property.Name)];
        IReadOnlyList<string> near = NameSuggestions.Find(name, names, 1);
        string hint = near.Count > 0 ? $"did you mean '{near[0]}'?" : $"there are: {string.Join(", ", names)}";
        string shown = InputText.Show(name, most: 80);
        return new InputException($"'{prefix}{shown}' is not known; {hint}") { Member = prefix + shown };
    }
}
