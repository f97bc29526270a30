using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Models;

/// <summary>The section 'model' of config.json: one form for all families, a record for each.</summary>
public class ModelConfigurationFileTests
{
    public static TheoryData<string> Families => [.. Kinds.All];

    [Fact]
    public void Every_family_has_its_name_in_files() =>
        Assert.Equal(Kinds.All, JsonVariants.Of(ModelFolderJson.Default.ModelConfiguration)!.Names);

    [Theory]
    [MemberData(nameof(Families))]
    public void A_configuration_is_read_as_it_was_written(string kind)
    {
        using TemporaryFolder folder = new();
        ModelConfiguration model = new TransformerXLConfiguration { VocabularySize = 9, Layers = 3, Heads = 2, PreNorm = true, UntieBiases = true, Cutoffs = [4] }.As(kind, rows: 7);
        Write(folder, JsonSerializer.Serialize(model, ModelFolderJson.Default.ModelConfiguration));
        ModelConfiguration read = Read(folder);
        Assert.Equal(model with { Cutoffs = read.Cutoffs }, read);
        Assert.Equal([4], read.Cutoffs);
        Assert.Equal(kind, read.Family.Kind);
    }

    [Fact]
    public void Files_that_hold_the_members_of_all_families_are_read()
    {
        using TemporaryFolder folder = new();
        Write(folder, """
            {
              "vocabularySize": 9, "kind": "Lstm", "layers": 2, "modelSize": 16, "heads": 4, "headSize": 4, "innerSize": 64, "embeddingSize": 16, "preNorm": false,
              "tieWeights": true, "tieProjections": "None", "cutoffs": [], "embeddingDivisor": 1, "untieBiases": false, "finalNorm": false, "activation": "Relu",
              "positionRows": 0, "dropout": 0.3, "attentionDropout": 0, "initialDeviation": 0.02, "projectionDeviation": 0.01
            }
            """);
        LstmConfiguration read = Assert.IsType<LstmConfiguration>(Read(folder));
        Assert.Equal((9, 2, 16, 0.3f), (read.VocabularySize, read.Layers, read.ModelSize, read.Dropout));
    }

    [Theory]
    [InlineData("""{ "vocabularySize": 9, "kind": "Lstm", "heads": "four" }""", "model.heads is the text \"four\", but must be a whole number")]
    [InlineData("""{ "vocabularySize": 9, "kind": "Lstm", "layer": 2 }""", "'model.layer' is not known; did you mean 'layers'?")]
    [InlineData("""{ "vocabularySize": 9, "kind": "Lstm", "family": null }""", "'model.family' is not known")]
    [InlineData("""{ "vocabularySize": 9, "kind": "GRU" }""", "model.kind is the text \"GRU\", but must be one of the texts TransformerXL, Shaw, Vaswani, AlRfou, Lstm, Gru, Rnn, Encoder")]
    [InlineData("""{ "vocabularySize": 9, "kind": 2 }""", "model.kind is the number 2, but must be one of the texts TransformerXL")]
    [InlineData("""{ "kind": "Lstm" }""", "model.vocabularySize is missing")]
    [InlineData("""{ "vocabularySize": 9, "kind": "AlRfou", "modelSize": 12, "heads": 2, "headSize": 5, "positionRows": 8 }""", "2 heads of 5 are not the model size 12")]
    public void What_no_family_has_is_refused_by_name(string model, string message)
    {
        using TemporaryFolder folder = new();
        Write(folder, model);
        Assert.Contains(message, Assert.Throws<InputException>(() => Read(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_family_takes_over_the_members_that_both_have()
    {
        TransformerXLConfiguration model = new() { VocabularySize = 9, Layers = 7, Heads = 2, UntieBiases = true, Dropout = 0.4f };
        Assert.Equal(new ShawConfiguration { VocabularySize = 9, Layers = 7, Heads = 2, Dropout = 0.4f, Cutoffs = [] }, (ShawConfiguration)ShawFamily.Instance.Adopt(model) with { Cutoffs = [] });
    }

    private static void Write(TemporaryFolder folder, string model) => folder.Write("config.json", $$"""{ "version": 1, "model": {{model}}, "context": { "targetLength": 4, "memoryLength": 3 } }""");

    private static ModelConfiguration Read(TemporaryFolder folder) => ModelFolderFiles.ReadConfiguration(folder.Path, out _).Model;
}
