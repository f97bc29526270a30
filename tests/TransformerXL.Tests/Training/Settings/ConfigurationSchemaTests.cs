using System.Text.Json.Nodes;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Training.Settings;

public class ConfigurationSchemaTests
{
    [Fact]
    public void The_schema_in_the_documentation_is_what_types_defaults_and_comments_say()
    {
        string made = ConfigurationSchema.Create(), path = Path.Combine(AppContext.BaseDirectory, "config.schema.json");
        File.WriteAllText(path, made);
        string shipped = File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs", "config.schema.json"));
        Assert.True(made == shipped, $"docs/config.schema.json is out of date; replace it by {path}");
    }

    [Fact]
    public void The_page_about_formats_names_every_part_of_a_configuration_and_every_member_of_the_smaller_ones()
    {
        string page = File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs", "formats.md"));
        string section = page[page.IndexOf("## config.json", StringComparison.Ordinal)..page.IndexOf("## vocabulary.json", StringComparison.Ordinal)];
        JsonNode parts = JsonNode.Parse(ConfigurationSchema.Create())!["properties"]!;
        string[] members = [.. ((string[])["context", "task", "masking"]).SelectMany(part => parts[part]!["properties"]!.AsObject()).Select(member => member.Key)];
        string[] kinds = [.. parts["model"]!["properties"]!["kind"]!["enum"]!.AsArray().Select(kind => kind!.ToString())];
        string[] expected = [.. parts.AsObject().Select(part => part.Key).Where(name => name != "$schema"), .. members, .. kinds];
        Assert.Equal([], expected.Where(name => !section.Contains($"`{name}`", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("training.learningRate", "number", "0.00025")]
    [InlineData("training.steps", "integer", "2000")]
    [InlineData("model.preNorm", "boolean", "false")]
    public void Members_have_type_description_and_default(string member, string type, string standard)
    {
        JsonNode schema = JsonNode.Parse(ConfigurationSchema.Create())!;
        foreach (string name in member.Split('.'))
        {
            schema = schema["properties"]![name]!;
        }

        Assert.Equal((type, standard), (schema["type"]!.ToString(), schema["default"]!.ToJsonString()));
        Assert.NotEmpty(schema["description"]!.ToString());
    }
}
