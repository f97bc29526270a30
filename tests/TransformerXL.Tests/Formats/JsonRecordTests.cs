using System.Text.RegularExpressions;
using TransformerXL.Heads;
using TransformerXL.Interchange;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Datasets;
using TransformerXL.Training.Dynamic;
using Xunit;

namespace TransformerXL.Tests.Formats;

/// <summary>Members that a file lacks get their defaults or are named; none becomes zero or null in silence, as the generated readers would have it.</summary>
public sealed class JsonRecordTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_data_set_has_the_defaults_of_its_vocabulary()
    {
        File.WriteAllText(_folder["dataset.json"], """{"name": "rain", "train": "a", "validation": "b", "test": "c", "vocabulary": {"kind": "words"}}""");
        Assert.Equal(new VocabularyOptions { Kind = VocabularyKind.Words }, DatasetManifest.Read(_folder.Path).Vocabulary);
    }

    [Fact]
    public void The_head_of_an_import_has_its_defaults()
    {
        File.WriteAllText(_folder["config.json"], """{"head": {"labels": ["dry", "wet"], "pooling": "mean"}}""");
        HeadConfiguration head = HeadExchange.Read(_folder["config.json"], _ => throw new InvalidOperationException("the section was not found"));
        Assert.Equal((HeadPooling.Mean, 1.0), (head.Pooling, head.NumberScale));
    }

    [Theory]
    [InlineData("5", " is the number 5, but must be an object")]
    [InlineData("[]", " is the list [], but must be an object")]
    [InlineData("{}", ": labels: a head of kind OneLabel has 0 labels")]
    [InlineData("""{"kind": 5}""", ": kind is the number 5")]
    public void A_head_of_an_import_that_cannot_be_read_is_named(string head, string expected)
    {
        string path = _folder["config.json"];
        File.WriteAllText(path, $$"""{"head": {{head}}}""");
        InputException error = Assert.Throws<InputException>(() => HeadExchange.Read(path, _ => new HeadConfiguration { Labels = ["dry"] }));
        Assert.StartsWith($"{path}: head{expected}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weights": "0"}""", "rules")]
    [InlineData("""{"weights": "0", "rules": null}""", "rules")]
    [InlineData("""{"weights": "0", "rules": [null]}""", "rules[0]")]
    [InlineData("""{"weights": "0", "rules": [{"options": {"rule": "sgd", "learningRate": 1, "decay": 0}}]}""", "rules[0].options.epsilon")]
    public void A_file_of_the_program_names_what_it_lacks(string json, string member)
    {
        string path = _folder["dynamic.json"];
        File.WriteAllText(path, json);
        string message = Assert.Throws<InputException>(() => DynamicSettingsFile.Load(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Matches($@"\s'?{Regex.Escape(member)}'? ", message);
    }
}
