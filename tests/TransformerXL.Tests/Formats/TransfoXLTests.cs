using System.Text;
using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class TransfoXLTests
{
    private static readonly TransfoXLConfiguration Small = new()
    {
        VocabularySize = 120,
        Cutoffs = [20, 50, 90],
        ModelSize = 32,
        EmbeddingSize = 32,
        Heads = 2,
        HeadSize = 16,
        InnerSize = 48,
        DivisionValue = 2,
        Layers = 2,
        UntieBiases = false,
    };

    public static TheoryData<string> Folders =>
        [.. FixtureFolders.All().Where(folder => File.Exists(Path.Combine(folder, "weights.safetensors")))];

    [Fact]
    public void A_configuration_is_read_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        TransfoXLConfiguration written = Small with { ClampLength = -1, EndId = null, TieWeights = false, Dropout = 0.25, LayerNormEpsilon = 1e-6 };
        written.Write(folder["config.json"]);
        TransfoXLConfiguration read = TransfoXLConfiguration.Read(folder["config.json"]);
        Assert.Equal(written.Cutoffs, read.Cutoffs);
        Assert.Equal(written with { Cutoffs = read.Cutoffs }, read);
    }

    [Fact]
    public void Fields_that_are_left_out_have_the_values_of_the_format_and_others_are_passed_over()
    {
        TransfoXLConfiguration read = Parse("""{"model_type":"transfo-xl","n_token":1000000,"tie_weight":false,"task_specific_params":{"a":[1,{"b":2}]},"tgt_len":128}""");
        Assert.Equal(1_000_000, read.VocabularySize);
        Assert.False(read.TieWeights);
        Assert.Equal(18, read.Layers);
    }

    [Theory]
    [InlineData("""{"model_type":"gpt2"}""", "transfo-xl")]
    [InlineData("""{"n_layer":0}""", "n_layer is 0")]
    [InlineData("""{"n_layer":1.5}""", "'n_layer'")]
    [InlineData("""{"n_layer":99999999999}""", "'n_layer'")]
    [InlineData("""{"attn_type":2}""", "attn_type is 2")]
    [InlineData("""{"d_model":33}""", "33 is odd")]
    [InlineData("""{"cutoffs":[5,5]}""", "5 after 5")]
    [InlineData("""{"cutoffs":[300000]}""", "300000")]
    [InlineData("""{"cutoffs":7}""", "cutoffs")]
    [InlineData("""{"d_embed":8}""", "leaves nothing")]
    [InlineData("""{"dropout":1}""", "dropout is 1")]
    [InlineData("""{"eos_token_id":267735}""", "267735")]
    [InlineData("""{"d_head":1,"d_head":2}""", "twice")]
    [InlineData("""{"vocab_size":300000,"n_token":300000}""", "n_token")]
    [InlineData("""[]""", "StartArray")]
    [InlineData("""{"a":1}x""", "not a usable configuration")]
    [InlineData("", "not a usable configuration")]
    public void A_configuration_that_cannot_be_is_refused_with_the_value(string json, string reason)
    {
        string message = Assert.Throws<InputException>(() => Parse(json)).Message;
        Assert.Contains("'config.json'", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("word_emb.emb_layers.3.weight", "transformer.word_emb.emb_layers.3.weight")]
    [InlineData("layers.0.dec_attn.qkv_net.weight", "transformer.layers.0.dec_attn.qkv_net.weight")]
    [InlineData("layers.7.pos_ff.CoreNet.0.weight", "transformer.layers.7.pos_ff.CoreNet.0.weight")]
    [InlineData("r_w_bias", "transformer.r_w_bias")]
    [InlineData("crit.out_layers.0.bias", "crit.out_layers.0.bias")]
    [InlineData("crit.out_projs.2", "crit.out_projs.2")]
    [InlineData("pos_emb.inv_freq", "transformer.pos_emb.inv_freq")]
    public void Names_translate_both_ways(string reference, string huggingFace)
    {
        Assert.Equal(huggingFace, TransfoXLNames.ToHuggingFace(reference));
        Assert.Equal(reference, TransfoXLNames.ToReference(huggingFace));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void The_parameters_of_a_configuration_are_those_of_the_reference_with_their_shapes(string folder)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        JsonElement config = json.RootElement.GetProperty("config");
        if (!config.TryGetProperty("attn_type", out JsonElement type) || type.GetInt32() != 0)
        {
            return;
        }

        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "weights.safetensors"));
        string[] expected = [.. weights.Entries.Where(entry => entry.Name != "pos_emb.inv_freq").Select(entry => $"{entry.Name} [{string.Join(", ", entry.Shape)}]").Order(StringComparer.Ordinal)];
        IReadOnlyList<TransfoXLParameter> parameters = TransfoXLNames.Parameters(Configuration(config));
        Assert.Equal(expected, parameters.Select(parameter => $"{parameter.Reference} [{string.Join(", ", parameter.Shape)}]").Order(StringComparer.Ordinal));
        Assert.All(parameters, parameter => Assert.True(parameter.TiedTo is null || parameters.Any(other => other.Reference == parameter.TiedTo && other.Shape.SequenceEqual(parameter.Shape))));
    }

    [Fact]
    public void Untied_biases_stand_in_every_layer_and_cluster_rows_are_reversed()
    {
        IReadOnlyList<TransfoXLParameter> all = TransfoXLNames.Parameters(Small with { UntieBiases = true });
        Assert.Equal(
            ["transformer.layers.0.dec_attn.r_w_bias", "transformer.layers.1.dec_attn.r_w_bias"],
            all.Where(parameter => parameter.Reference.EndsWith("r_w_bias", StringComparison.Ordinal)).Select(parameter => parameter.HuggingFace));
        Assert.Equal(["crit.cluster_weight", "crit.cluster_bias"], all.Where(parameter => parameter.ReversedRows).Select(parameter => parameter.Reference));
        Assert.Equal([null, "word_emb.emb_projs.1"], all.Where(parameter => parameter.Reference is "crit.out_projs.0" or "crit.out_projs.1").Select(parameter => parameter.TiedTo));
    }

    private static TransfoXLConfiguration Configuration(JsonElement config) => new()
    {
        VocabularySize = config.GetProperty("vocab_size").GetInt32(),
        Cutoffs = [.. config.GetProperty("cutoffs").EnumerateArray().Select(cutoff => cutoff.GetInt32())],
        ModelSize = config.GetProperty("d_model").GetInt32(),
        EmbeddingSize = config.GetProperty("d_embed").GetInt32(),
        Heads = config.GetProperty("n_head").GetInt32(),
        HeadSize = config.GetProperty("d_head").GetInt32(),
        InnerSize = config.GetProperty("d_inner").GetInt32(),
        DivisionValue = config.GetProperty("div_val").GetInt32(),
        Layers = config.GetProperty("n_layer").GetInt32(),
        ShareProjectionsButFirst = config.GetProperty("tie_projs").EnumerateArray().Skip(1).All(tied => tied.GetBoolean()),
        UntieBiases = false,
    };

    private static TransfoXLConfiguration Parse(string json) => TransfoXLConfiguration.Parse("config.json", Encoding.UTF8.GetBytes(json));
}
