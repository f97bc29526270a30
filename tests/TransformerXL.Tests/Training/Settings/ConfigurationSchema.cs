using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TransformerXL.Files;
using TransformerXL.Training;

namespace TransformerXL.Tests.Training.Settings;

/// <summary>The JSON schema of configuration files, made from the types, their defaults and their documentation.</summary>
internal static class ConfigurationSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Create()
    {
        JsonTypeInfo type = RunJson.Default.RunConfiguration;
        JsonObject schema = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Configuration of a training with TransformerXL for .NET",
        };
        foreach ((string name, JsonNode? value) in Part(type, RunDefaults.Of(type)))
        {
            schema[name] = value?.DeepClone();
        }

        schema["properties"]!.AsObject().Insert(0, "$schema", new JsonObject { ["type"] = "string", ["description"] = "This schema, for editors." });
        return schema.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Part(JsonTypeInfo type, JsonObject defaults)
    {
        JsonObject properties = [];
        JsonVariants? variants = JsonVariants.Of(type);
        if (variants is not null)
        {
            properties[variants.Discriminator] = new JsonObject
            {
                ["description"] = "The family of the architecture. Members that it lacks are left out of account.",
                ["enum"] = new JsonArray([.. variants.Names.Select(name => (JsonNode)name)]),
                ["default"] = defaults[variants.Discriminator]!.DeepClone(),
            };
        }

        IEnumerable<JsonPropertyInfo> members = variants is null ? type.Members() : variants.Types.SelectMany(variant => variant.Members()).DistinctBy(property => property.Name);
        foreach (JsonPropertyInfo property in members)
        {
            JsonTypeInfo content = type.Options.GetTypeInfo(property.PropertyType);
            JsonObject schema = content.Kind == JsonTypeInfoKind.Object
                ? Part(content, defaults[property.Name] as JsonObject ?? RunDefaults.Of(content))
                : Value(content, property, defaults);
            if (content.Kind == JsonTypeInfoKind.Object && JsonMemberType.AllowsNull(property))
            {
                schema["type"] = new JsonArray("object", "null");
            }

            schema.Insert(0, "description", Description((PropertyInfo)property.AttributeProvider!));
            properties[property.Name] = schema;
        }

        return new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
    }

    private static JsonObject Value(JsonTypeInfo type, JsonPropertyInfo property, JsonObject defaults)
    {
        JsonObject schema = type.GetJsonSchemaAsNode() as JsonObject ?? [];
        if (property.PropertyType == typeof(string) && !JsonMemberType.AllowsNull(property))
        {
            schema["type"] = "string";
        }

        if (defaults.TryGetPropertyValue(property.Name, out JsonNode? value))
        {
            schema["default"] = value?.DeepClone();
        }

        return schema;
    }

    /// <summary>The summary of a property, as the compiler wrote it beside the assembly.</summary>
    private static string Description(PropertyInfo property)
    {
        string name = $"P:{property.DeclaringType!.FullName}.{property.Name}";
        XDocument documentation = XDocument.Load(Path.ChangeExtension(property.DeclaringType.Assembly.Location, ".xml"));
        XElement summary = documentation.Descendants("member").Single(member => member.Attribute("name")!.Value == name).Element("summary")!;
        foreach (XElement reference in summary.Descendants("see").ToArray())
        {
            string target = reference.Attribute("cref")!.Value;
            string last = target[(target.LastIndexOf('.') + 1)..];
            reference.ReplaceWith(target.StartsWith("P:", StringComparison.Ordinal) ? JsonNamingPolicy.CamelCase.ConvertName(last) : last);
        }

        return Regex.Replace(summary.Value, @"\s+", " ").Trim();
    }
}
