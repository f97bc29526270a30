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
