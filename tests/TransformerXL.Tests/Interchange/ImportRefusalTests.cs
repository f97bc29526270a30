using TransformerXL.Interchange;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>Files that were changed after the export: what is not as it should be is named.</summary>
public sealed class ImportRefusalTests
{
    [Fact]
    public void Tied_weights_with_different_values_are_refused_with_both_names() => Refuses(
        "clusters", ExportFormat.Reference, ["'crit.out_projs.2'", "'word_emb.emb_projs.2'"],
        tensors => tensors["crit.out_projs.2"].Values[0] += 1);

    [Fact]
    public void A_tied_table_with_different_values_is_refused_with_both_names() => Refuses(
        "plain", ExportFormat.Reference, ["'crit.out_layers.0.weight'", "'word_emb.emb_layers.0.weight'"],
        tensors => tensors["crit.out_layers.0.weight"].Values[3] = 7);

    [Fact]
    public void Shared_biases_that_differ_in_a_layer_are_refused_with_both_names() => Refuses(
        "plain", ExportFormat.HuggingFace, ["'transformer.r_r_bias'", "'transformer.layers.1.dec_attn.r_r_bias'"],
        tensors => tensors["transformer.layers.1.dec_attn.r_r_bias"].Values[0] += 1);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Values_that_are_not_finite_are_refused_by_name(float value) => Refuses(
        "plain", ExportFormat.HuggingFace, ["'transformer.layers.1.pos_ff.CoreNet.0.bias'", "not finite"],
        tensors => tensors["transformer.layers.1.pos_ff.CoreNet.0.bias"].Values[2] = value);

    [Fact]
    public void An_empty_file_is_said_to_be_empty()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("zero.txt", "");
        Assert.Contains("zero.txt' is empty: the file has 0 bytes", Assert.Throws<InputException>(() => ModelImporter.Import(file, folder["run"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_is_left_over_is_named() => Refuses(
        "plain", ExportFormat.HuggingFace, ["'transformer.extra'", "belongs to no parameter"],
        tensors => tensors["transformer.extra"] = ([1, 2], [2]));

    [Fact]
    public void A_tensor_that_is_missing_is_named_as_the_file_names_it() => Refuses(
        "plain", ExportFormat.HuggingFace, ["has no tensor 'transformer.layers.1.pos_ff.layer_norm.bias'"],
        tensors => tensors.Remove("transformer.layers.1.pos_ff.layer_norm.bias"));

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_both_shapes() => Refuses(
        "plain", ExportFormat.HuggingFace, ["'crit.out_layers.0.bias'", "(30)", "31"],
        tensors => tensors["crit.out_layers.0.bias"] = (new float[30], [30]));

    [Fact]
    public void Layers_of_different_sizes_are_refused_before_a_model_is_made() => Refuses(
        "plain", ExportFormat.HuggingFace, ["'transformer.layers.0.pos_ff.CoreNet.0.bias'", "'transformer.layers.1.pos_ff.CoreNet.0.bias'", "[17]", "[1]"],
        tensors => tensors["transformer.layers.1.pos_ff.CoreNet.0.bias"] = ([1], [1]));

    [Fact]
    public void Other_frequencies_of_positions_are_refused() => Refuses(
        "plain", ExportFormat.Reference, ["'pos_emb.inv_freq'", "frequencies"],
        tensors => tensors["pos_emb.inv_freq"].Values[1] = 0.9f);

    [Theory]
    [InlineData("\"n_head\": 3", "\"n_head\": 5", "heads", "5", "3")]
    [InlineData("\"n_layer\": 2", "\"n_layer\": 3", "layers", "3", "2")]
    [InlineData("\"vocab_size\": 31", "\"vocab_size\": 32", "tokens", "32", "31")]
    public void A_configuration_that_contradicts_the_tensors_is_refused_with_both_values(string text, string other, params string[] parts)
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        string config = Path.Combine(folder["exported"], "config.json"), json = File.ReadAllText(config);
        Assert.Contains(text, json, StringComparison.Ordinal);
        File.WriteAllText(config, json.Replace(text, other, StringComparison.Ordinal));
        AssertRefused(folder, null, parts);
    }

    [Theory]
    [InlineData("\"relu\"", "is relu")]
    [InlineData("null", "is missing")]
    public void A_gated_block_without_a_gated_activation_is_refused_with_the_remedy(string activation, string part)
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "swiglu", ExportFormat.Reference);
        string config = Path.Combine(folder["exported"], "config.json"), json = File.ReadAllText(config);
        Assert.Contains("\"activation\": \"swiglu\"", json, StringComparison.Ordinal);
        File.WriteAllText(config, json.Replace("\"swiglu\"", activation, StringComparison.Ordinal));
        AssertRefused(folder, null, ["CoreNet.0.weight", "\"swiglu\" or \"geglu\"", part]);
    }

    [Fact]
    public void A_value_that_models_here_cannot_have_is_refused()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        string config = Path.Combine(folder["exported"], "config.json"), json = File.ReadAllText(config);
        File.WriteAllText(config, json.Replace("\"layer_norm_epsilon\": 1E-05", "\"layer_norm_epsilon\": 1E-06", StringComparison.Ordinal));
        AssertRefused(folder, null, ["layer_norm_epsilon is 1E-06"]);
    }

    [Fact]
    public void A_model_without_a_vocabulary_is_refused()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        File.Delete(Path.Combine(folder["exported"], "vocabulary.json"));
        File.Delete(Path.Combine(folder["exported"], "vocab.txt"));
        AssertRefused(folder, null, ["holds no vocabulary", "name the vocabulary file"]);
    }

    [Fact]
    public void A_vocabulary_of_another_size_is_refused_with_both_sizes()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        SmallRuns.Words(30).Save(folder["words.json"]);
        AssertRefused(folder, new ImportOptions { VocabularyFile = folder["words.json"] }, ["words.json", "30", "31"]);
    }

    [Fact]
    public void Byte_pairs_without_their_merges_are_refused_and_not_read_as_words()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        string vocabulary = folder.Write("vocab.json", """{"<unk>":0,"the":1,"Ġriver":2}""");
        AssertRefused(folder, new ImportOptions { VocabularyFile = vocabulary }, [vocabulary, "'Ġriver'", "no merges.txt"]);
    }

    [Fact]
    public void Tensors_of_no_known_model_are_refused_with_the_configuration_that_may_be_missing()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        File.Delete(folder["exported/config.json"]);
        StoredTensors.Write(folder["exported/model.safetensors"], new Dictionary<string, (float[] Values, long[] Shape)> { ["bert.embeddings.word_embeddings.weight"] = ([1, 2], [1, 2]) });
        AssertRefused(folder, null, ["is not a supported model", "no config.json with the model_type"]);
        folder.Write("exported/config.json", """{"model_type":"albert"}""");
        AssertRefused(folder, null, ["model_type 'albert', which is not supported; bert, roberta", "xlnet, transfo-xl, lstm are"]);
    }

    [Fact]
    public void Clusters_of_one_table_need_a_hint()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "clusters of one table", ExportFormat.Reference);
        File.Delete(Path.Combine(folder["exported"], "config.json"));
        ModelDescription lengths = new() { PreNorm = false, TargetLength = 6, MemoryLength = 7 };
        AssertRefused(folder, new ImportOptions { Hints = lengths }, ["the first tokens of the 3 further clusters of the vocabulary (cutoffs)"]);
        AssertRefused(folder, new ImportOptions { Hints = lengths with { Cutoffs = [5, 11] } }, ["(5, 11)", "3 clusters"]);
        ModelImporter.Import(folder["exported"], folder["imported"], new ImportOptions { Hints = lengths with { Cutoffs = [5, 11, 20] } });
    }

    [Fact]
    public void A_run_is_no_model_to_import()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Create(folder["run"], SmallRuns.Models["plain"]);
        Assert.Contains("a run already", Assert.Throws<InputException>(() => ModelImporter.Import(folder["run"], folder["imported"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_folder_is_imported_already()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        ModelImporter.Import(folder["exported"], folder["imported"]);
        Assert.Equal(["config.json", "model.safetensors", "vocabulary.json"], Directory.EnumerateFileSystemEntries(folder["imported"]).Select(Path.GetFileName).Order());
        Assert.DoesNotContain("\"training\"", File.ReadAllText(Path.Combine(folder["imported"], "config.json")), StringComparison.Ordinal);
        Assert.Contains("a model folder already", Assert.Throws<InputException>(() => ModelImporter.Import(folder["imported"], folder["again"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_files_is_not_imported_into()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        Directory.CreateDirectory(folder["imported"]);
        File.WriteAllText(Path.Combine(folder["imported"], "notes.txt"), "mine");
        Assert.Contains("holds files already", Assert.Throws<InputException>(() => ModelImporter.Import(folder["exported"], folder["imported"])).Message, StringComparison.Ordinal);
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(folder["imported"]).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("""{"weight_map": {"a": "../model.safetensors"}}""", "'../model.safetensors'")]
    [InlineData("""{"weight_map": {"a": 1}}""", "not a file name in its folder")]
    [InlineData("""{"weight_map": {}}""", "0 files")]
    [InlineData("""{}""", "weight_map")]
    [InlineData("""{""", "cannot be read")]
    public void A_list_of_parts_that_names_no_files_beside_it_is_refused(string index, string reason)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["model.safetensors.index.json"], index);
        Assert.Contains(reason, Assert.Throws<InputException>(() => ModelImporter.Import(folder.Path, folder["imported"])).Message, StringComparison.Ordinal);
    }

    private static void Refuses(string model, ExportFormat format, string[] parts, Action<Dictionary<string, (float[] Values, long[] Shape)>> change)
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, model, format);
        string path = Path.Combine(folder["exported"], format == ExportFormat.Reference ? "weights.safetensors" : "model.safetensors");
        Dictionary<string, (float[] Values, long[] Shape)> tensors = StoredTensors.Read(path);
        change(tensors);
        StoredTensors.Write(path, tensors);
        AssertRefused(folder, null, parts);
    }

    private static void AssertRefused(TemporaryFolder folder, ImportOptions? options, string[] parts)
    {
        string message = Assert.Throws<InputException>(() => ModelImporter.Import(folder["exported"], folder["imported"], options)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder["imported"]));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(folder.Path), path => path.Contains("txl-tmp", StringComparison.Ordinal));
    }
}
