using TransformerXL.Testing;
using TransformerXL.Training.Dynamic;
using Xunit;

namespace TransformerXL.Tests.Training.Dynamic;

public sealed class DynamicSettingsFileTests
{
    [Theory]
    [InlineData("{\"weights\": \"0\"}")]
    [InlineData("{\"weights\": \"0\", \"rules\": [null]}")]
    public void A_file_without_entries_that_can_be_read_is_refused(string json)
    {
        using TemporaryFolder folder = new();
        string path = folder["dynamic.json"];
        File.WriteAllText(path, json);
        Assert.Contains(path, Assert.Throws<InputException>(() => DynamicSettingsFile.Load(path)).Message, StringComparison.Ordinal);
    }
}
