using System.Text;
using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Tests.Data.BytePairs;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Interchange;

public sealed class RoundTripTests
{
    private static readonly string[] ForHuggingFace =
        ["plain", "pre-norm, untied", "biases of each layer", "projection", "tied projection", "clusters of one table", "clusters", "clusters, all tied", "clusters, untied"];

    public static TheoryData<string, ExportFormat> Cases()
    {
        TheoryData<string, ExportFormat> cases = [];
        foreach (string name in SmallRuns.Models.Keys)
        {
            cases.Add(name, ExportFormat.Reference);
        }

        foreach (string name in ForHuggingFace)
        {
            cases.Add(name, ExportFormat.HuggingFace);
        }

        return cases;
    }

    public static TheoryData<string> Vocabularies => ["words", "words with rules", "words with spaces", "characters", "bytes", "byte pairs"];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_model_comes_back_with_the_same_bits_and_the_same_predictions(string name, ExportFormat format)
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, name, format);
        ModelImporter.Import(folder["exported"], folder["imported"]);
        ModelFolder after = ModelFolder.Load(folder["imported"]);
        Assert.Equal(before.Model.Parameters.Select(parameter => parameter.Name), after.Model.Parameters.Select(parameter => parameter.Name));
        Assert.All(before.Model.Parameters.Zip(after.Model.Parameters), pair => Assert.True(Bits.Equal(pair.First.Value.Span, pair.Second.Value.Span), pair.First.Name));
        Assert.Equal(Comparable(before.Model.Configuration), Comparable(after.Model.Configuration));
        Assert.Equal(before.Configuration.Context, after.Configuration.Context);
        Assert.Equal(before.Vocabulary.Fingerprint, after.Vocabulary.Fingerprint);
        float[] scores = await SmallRuns.Score(after);
        Assert.True(Bits.Equal(await SmallRuns.Score(before), scores));
        Assert.True(scores.Length > 40 && scores.Distinct().Count() > 20);
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Every_kind_of_vocabulary_comes_back(string kind)
    {
        using TemporaryFolder folder = new();
        Vocabulary vocabulary = Create(kind);
        ModelFolder trained = SmallRuns.Create(folder["run"], SmallRuns.Models["plain"] with { VocabularySize = vocabulary.Count }, vocabulary);
        ModelExporter.Export(trained, folder["exported"], ExportFormat.Reference);
        ImportedModel imported = ModelImporter.Import(folder["exported"], folder["imported"]);
        Assert.Equal(vocabulary.Fingerprint, imported.Vocabulary.Fingerprint);
    }

    [Theory]
    [InlineData("words", "vocab.txt")]
    [InlineData("characters", "vocab.json")]
    [InlineData("bytes", "tokenizer.json")]
    [InlineData("byte pairs", "tokenizer.json")]
    public void The_form_for_other_programs_gives_the_same_ids(string kind, string file)
    {
        using TemporaryFolder folder = new();
        Vocabulary vocabulary = Create(kind);
        ModelFolder trained = SmallRuns.Create(folder["run"], SmallRuns.Models["plain"] with { VocabularySize = vocabulary.Count }, vocabulary);
        Assert.Contains(file, ModelExporter.Export(trained, folder["exported"], ExportFormat.HuggingFace));
        File.Delete(Path.Combine(folder["exported"], "vocabulary.json"));
        ImportedModel imported = ModelImporter.Import(folder["exported"], folder["imported"]);
        const string Text = "w3 w4 abc é\n";
        Assert.Equal(vocabulary.Encode(Text), imported.Vocabulary.Encode(Text));
        Assert.EndsWith(file, imported.VocabularyFile, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("byte pairs")]
    public void The_tokenizer_of_an_encoder_has_its_special_tokens(string kind)
    {
        using TemporaryFolder folder = new();
        SpecialTokensVocabulary vocabulary = new(Create(kind));
        ModelFolder trained = SmallRuns.Create(folder["run"], SmallRuns.Models["plain"] with { VocabularySize = vocabulary.Count }, vocabulary);
        Assert.Contains("tokenizer.json", ModelExporter.Export(trained, folder["exported"], ExportFormat.HuggingFace));
        JsonNode processor = JsonNode.Parse(File.ReadAllText(folder["exported/tokenizer.json"]))!["post_processor"]!;
        Assert.Equal("BertProcessing", (string?)processor["type"]);
        Assert.Equal($"[\"[CLS]\",{vocabulary.ClassId}]", processor["cls"]!.ToJsonString());
        Assert.Equal($"[\"[SEP]\",{vocabulary.SeparatorId}]", processor["sep"]!.ToJsonString());
        File.Delete(folder["exported/vocabulary.json"]);
        Vocabulary imported = ModelImporter.Import(folder["exported"], folder["imported"]).Vocabulary;
        Assert.Equal((vocabulary.Count, vocabulary.PaddingId, vocabulary.ClassId, vocabulary.SeparatorId, vocabulary.MaskId, 1), (imported.Count, imported.PaddingId, imported.ClassId, imported.SeparatorId, imported.MaskId, imported.PairSeparators));
        const string Text = "w3 w4 abc é\n";
        Assert.Equal(vocabulary.Encode(Text), imported.Encode(Text));
    }

    [Fact]
    public void Every_tensor_that_hugging_face_has_is_written_once_under_its_name()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "clusters", ExportFormat.HuggingFace);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder["exported"], "model.safetensors"));
        Assert.True(file.Contains("transformer.layers.1.dec_attn.r_r_bias"));
        Assert.True(file.Contains("crit.out_projs.0"));
        Assert.DoesNotContain(file.Entries, entry => entry.Name is "crit.out_projs.1" or "crit.out_layers.0.weight");
        Assert.Equal("pt", file.Metadata["format"]);
    }

    [Fact]
    public void The_names_of_the_reference_come_with_duplicates_and_frequencies()
    {
        using TemporaryFolder folder = new();
        ModelFolder trained = SmallRuns.Export(folder, "clusters", ExportFormat.Reference);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder["exported"], "weights.safetensors"));
        string[] tied = ["crit.out_layers.0.weight", "crit.out_layers.3.weight", "crit.out_projs.1", "crit.out_projs.3"];
        Assert.All(tied, name => Assert.True(file.Contains(name)));
        Assert.Equal(trained.Model.Configuration.ModelSize / 2, file.Find("pos_emb.inv_freq").Count);
    }

    private static Vocabulary Create(string kind) => kind switch
    {
        "words" => SmallRuns.Words(),
        "words with rules" => new WordVocabulary(["<S>", "<UNK>", "a", "b"], new WordRules { LowerCase = true, Marks = LineMarks.BothEnds }),
        "words with spaces" => new WordVocabulary(["<eos>", "<unk>", "a b", "w3"], new WordRules { Delimiter = "\t" }),
        "characters" => new CharacterVocabulary("\n abcdw34é".EnumerateRunes()),
        "bytes" => new ByteVocabulary(),
        _ => BytePairSamples.Vocabulary,
    };

    /// <summary>The architecture as text: lists of a record are equal by reference only.</summary>
    private static string Comparable(ModelConfiguration model)
    {
        ModelConfiguration rest = model with { Cutoffs = [], InitialDeviation = 1, ProjectionDeviation = 1 };
        rest = rest is AttentionConfiguration attention ? attention with { AttentionDropout = 0 } : rest;
        return new StringBuilder().AppendJoin(',', model.Cutoffs).Append(rest).ToString();
    }
}
