using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace TransformerXL.Files;

/// <summary>
/// Merges the members of a file over those of an existing object. The generated readers of System.Text.Json set an
/// <c>init</c> property that is missing in a file to zero instead of its initializer's value; merged over the JSON of the defaults it keeps its default.
/// </summary>
/// <param name="defaults">The JSON of a new object of a type, for a part that was null before.</param>
internal sealed class JsonOverlay(Func<JsonTypeInfo, JsonObject> defaults)
{
    /// <summary>The member with the schema of the file, for editors.</summary>
    private const string SchemaMember = "$schema";

    /// <summary>Replaces members, in place.</summary>
    /// <param name="type">The type of both.</param>
    /// <param name="below">The members to be overridden.</param>
    /// <param name="above">The overriding members, any subset.</param>
    /// <returns>The paths of the members of <paramref name="above"/>, such as <c>model.layers</c>: including those that only another family has.</returns>
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
        foreach (JsonPropertyInfo property in JsonVariants.TypeOf(type, content).Members())
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

            JsonPropertyInfo property = type.Members().FirstOrDefault(property => property.Name == name) ?? throw Unknown(type, prefix, name);
            JsonTypeInfo content = type.Options.GetTypeInfo(property.PropertyType);
            if (content.Kind == JsonTypeInfoKind.Object && value is JsonObject part)
            {
                JsonObject present = below[name] as JsonObject ?? defaults(content);
                below[name] = present.Parent is null ? present : present.DeepClone();
                if (JsonVariants.Of(content) is { } variants)
                {
                    LayVariant(variants, below, name, part, $"{prefix}{name}.", members);
                }
                else
                {
                    Lay(content, (JsonObject)below[name]!, part, $"{prefix}{name}.", members);
                }
            }
            else
            {
                JsonMemberType.Require(property, content, value, prefix + name);
                below[name] = value?.DeepClone();
                members.Add(prefix + name);
            }
        }
    }

    /// <summary>
    /// Replaces members of a part that may be one of several record types. If the type changes, the members that both types have are kept. Members that only other types have
    /// are checked and dropped: files of version 1 hold the members of all types.
    /// </summary>
    private void LayVariant(JsonVariants variants, JsonObject whole, string part, JsonObject above, string prefix, List<string> members)
    {
        JsonObject known = above.DeepClone().AsObject(), below = whole[part]!.AsObject();
        if (known.Remove(variants.Discriminator, out JsonNode? name))
        {
            variants.Require(name, prefix + variants.Discriminator);
            whole[part] = below = variants.Convert(name!.GetValue<string>(), below, defaults);
            members.Add(prefix + variants.Discriminator);
        }

        JsonTypeInfo type = variants.TypeOf(below);
        foreach (string member in known.Select(pair => pair.Key).ToArray())
        {
            if (type.Members().All(property => property.Name != member) && variants.Find(member) is { } other)
            {
                JsonMemberType.Require(other, other.Options.GetTypeInfo(other.PropertyType), known[member], prefix + member);
                known.Remove(member);
                members.Add(prefix + member);
            }
        }

        Lay(type, below, known, prefix, members);
    }

    private static InputException Unknown(JsonTypeInfo type, string prefix, string name)
    {
        string[] names = [.. type.Members().Select(property => property.Name)];
        IReadOnlyList<string> near = NameSuggestions.Find(name, names, 1);
        string hint = near.Count > 0 ? $"did you mean '{near[0]}'?" : $"there are: {string.Join(", ", names)}";
        string shown = InputText.Show(name, max: 80);
        return new InputException($"'{prefix}{shown}' is not known; {hint}") { Member = prefix + shown };
    }
}
