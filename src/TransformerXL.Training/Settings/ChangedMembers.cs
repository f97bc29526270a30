using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Files;
using TransformerXL.Models.Families;

namespace TransformerXL.Training.Settings;

/// <summary>
/// Finds out which members a change of a configuration sets, also where it sets what was there before: it is applied to two
/// configurations that differ in every member, and a member that is the same afterwards was set.
/// </summary>
internal static class ChangedMembers
{
    private static JsonTypeInfo<RunConfiguration> Type => RunJson.Default.RunConfiguration;

    /// <summary>The paths of the members that a change sets, such as <c>model.layers</c>.</summary>
    public static IReadOnlyList<string> Of(Func<RunConfiguration, RunConfiguration> change)
    {
        JsonObject one = RunDefaults.Of(Type);
        Fill(Type, one);
        JsonObject other = one.DeepClone().AsObject();
        Alter(Type, other);
        List<string> members = [];
        Compare(Type, After(change, one), After(change, other), "", members);
        JsonObject recurrent = one.DeepClone().AsObject();
        recurrent["model"] = JsonSerializer.SerializeToNode(LstmFamily.Instance.Adopt(one["model"].Deserialize(RunJson.Default.ModelConfiguration)!), RunJson.Default.ModelConfiguration);
        if (JsonNode.DeepEquals(After(change, one)["model"]!["kind"], After(change, recurrent)["model"]!["kind"]))
        {
            members.Add("model.kind");
        }

        return members;
    }

    private static JsonObject After(Func<RunConfiguration, RunConfiguration> change, JsonObject before) =>
        JsonSerializer.SerializeToNode(change(before.Deserialize(Type)!), Type)!.AsObject();

    /// <summary>Makes every part that is null, and gives members without a default some value.</summary>
    private static void Fill(JsonTypeInfo type, JsonObject json)
    {
        foreach ((JsonPropertyInfo property, JsonTypeInfo content) in Properties(type, json))
        {
            if (content.Kind == JsonTypeInfoKind.Object)
            {
                json[property.Name] ??= RunDefaults.Of(content);
                Fill(content, json[property.Name]!.AsObject());
            }
            else if (property.IsRequired)
            {
                json[property.Name] ??= 1;
            }
        }
    }

    /// <summary>Gives every member another value.</summary>
    private static void Alter(JsonTypeInfo type, JsonObject json)
    {
        foreach ((JsonPropertyInfo property, JsonTypeInfo content) in Properties(type, json))
        {
            if (content.Kind == JsonTypeInfoKind.Object)
            {
                Alter(content, json[property.Name]!.AsObject());
            }
            else
            {
                json[property.Name] = Other(content.Type, json[property.Name]);
            }
        }
    }

    private static JsonNode Other(Type type, JsonNode? value)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            JsonArray list => new JsonArray([.. list.Select(item => item?.DeepClone()), 1]),
            null when plain == typeof(string) => "?",
            null => 1,
            _ when plain == typeof(bool) => !value.GetValue<bool>(),
            _ when plain == typeof(string) => value.GetValue<string>() + "?",
            _ when plain.IsEnum => 1 + Math.Max(Array.IndexOf(Enum.GetNames(plain), value.GetValue<string>()), 0),
            _ => 1 + decimal.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture),
        };
    }

    private static void Compare(JsonTypeInfo type, JsonObject one, JsonObject other, string prefix, List<string> members)
    {
        foreach ((JsonPropertyInfo property, JsonTypeInfo content) in Properties(type, one))
        {
            if (one[property.Name] is JsonObject part && other[property.Name] is JsonObject counterpart)
            {
                Compare(content, part, counterpart, $"{prefix}{property.Name}.", members);
            }
            else if (JsonNode.DeepEquals(one[property.Name], other[property.Name]))
            {
                members.Add(prefix + property.Name);
            }
        }
    }

    private static IEnumerable<(JsonPropertyInfo Property, JsonTypeInfo Content)> Properties(JsonTypeInfo type, JsonObject content) =>
        JsonVariants.TypeOf(type, content).Members().Select(property => (property, type.Options.GetTypeInfo(property.PropertyType)));
}
