using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>Checkpoints of other code: the same tensors under other names, wrapped, or with rows beyond the vocabulary.</summary>
public sealed class OtherCodeTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("clusters")]
    [InlineData("clusters, untied")]
    public void A_checkpoint_of_NVIDIAs_edition_brings_its_arguments_and_its_vocabulary(string name)
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, name, ExportFormat.Reference);
        TransformerXLConfiguration model = (TransformerXLConfiguration)before.Model.Configuration;
        KeyValuePair<string, (float[] Values, long[] Shape)>[] tensors =
        [
            // Tied projections are not stored there.
            .. Tensors(folder).Where(pair => !IsTiedProjection(pair.Key, model))
                .Select(pair => KeyValuePair.Create(NameThere(pair.Key), pair.Value)),
        ];
        Assert.Contains(tensors, pair => pair.Key == "crit.out_layers_weights.0");
        Dictionary<string, object> arguments = new()
        {
            ["n_token"] = 31,
            ["n_layer"] = 2,
            ["n_head"] = 3,
            ["d_model"] = 12,
            ["d_head"] = 5,
            ["d_inner"] = 17,
            ["tie_weight"] = model.TieWeights,
            ["div_val"] = model.EmbeddingDivisor,
            ["pre_lnorm"] = false,
            ["tgt_len"] = 6,
            ["ext_len"] = 0,
            ["mem_len"] = 7,
            ["clamp_len"] = 9,
            ["same_length"] = false,
            ["attn_type"] = 0,
            ["cutoffs"] = model.Cutoffs.ToArray(),
        };
        byte[] file = NvidiaCheckpoint.Write(tensors, arguments, SmallRuns.Words().Symbols.ToArray());
        Directory.CreateDirectory(folder["nvidia"]);
        File.WriteAllBytes(folder["nvidia/checkpoint_best.pt"], file);
        ImportedModel imported = ModelImporter.Import(folder["nvidia"], folder["imported"]);
        Assert.EndsWith("checkpoint_best.pt", imported.VocabularyFile, StringComparison.Ordinal);
        Assert.Equal(SmallRuns.Context, imported.Configuration.Context);
        AssertSame(before.Model, folder);
    }

    [Theory]
    [InlineData("_orig_mod.")]
    [InlineData("model.")]
    [InlineData("module._orig_mod.")]
    [InlineData("_orig_mod.module.model.")]
    [InlineData("model._orig_mod.module.")]
    public void Prefixes_of_wrappers_are_left_out_however_they_are_stacked(string prefix)
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, "plain", ExportFormat.Reference);
        Write(folder, Tensors(folder).Select(pair => KeyValuePair.Create(prefix + pair.Key, pair.Value)));
        ModelImporter.Import(folder["exported"], folder["imported"]);
        AssertSame(before.Model, folder);
    }

    [Fact]
    public void Layers_that_were_wrapped_by_themselves_are_found_too()
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, "plain", ExportFormat.Reference);
        Write(folder, Tensors(folder).Select(pair => KeyValuePair.Create(pair.Key.Replace(".dec_attn.", "._orig_mod.dec_attn.", StringComparison.Ordinal), pair.Value)));
        ModelImporter.Import(folder["exported"], folder["imported"]);
        AssertSame(before.Model, folder);
    }

    [Theory]
    [InlineData("plain", 31)]
    [InlineData("plain", 32)]
    [InlineData("pre-norm, untied", 31)]
    [InlineData("clusters", 31)]
    [InlineData("clusters, untied", 32)]
    public void Rows_that_fill_a_table_up_to_a_multiple_are_left_out_and_told(string name, int tokensAsTold)
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, name, ExportFormat.Reference);
        int last = before.Model.Configuration is { EmbeddingDivisor: > 1, Cutoffs.Count: var cutoffs } ? cutoffs : 0;
        string[] padded = [$"word_emb.emb_layers.{last}.weight", $"crit.out_layers.{last}.weight", $"crit.out_layers.{last}.bias"];
        Write(folder, Tensors(folder).Select(pair => padded.Contains(pair.Key) ? KeyValuePair.Create(pair.Key, WithRow(pair.Value)) : pair));
        string config = folder["exported/config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"vocab_size\": 31", $"\"vocab_size\": {tokensAsTold}", StringComparison.Ordinal));
        Assert.Equal(1, ModelImporter.Import(folder["exported"], folder["imported"]).PaddingRows);
        AssertSame(before.Model, folder);
    }

    [Theory]
    [InlineData(31, 32, true)]
    [InlineData(50257, 50304, true)]
    [InlineData(31, 31, false)]
    [InlineData(31, 33, false)]
    [InlineData(20, 32, true)]
    [InlineData(20, 28, false)]
    [InlineData(33, 32, false)]
    [InlineData(1000, 2048, false)]
    public void Only_a_vocabulary_filled_up_to_a_multiple_explains_more_rows(int vocabulary, int rows, bool explains) =>
        Assert.Equal(explains, VocabularyPadding.Explains(vocabulary, rows));

    private static (float[] Values, long[] Shape) WithRow((float[] Values, long[] Shape) tensor)
    {
        int width = tensor.Values.Length / (int)tensor.Shape[0];
        return ([.. tensor.Values, .. Enumerable.Repeat(-7f, width)], [tensor.Shape[0] + 1, .. tensor.Shape[1..]]);
    }

    private static bool IsTiedProjection(string name, TransformerXLConfiguration model) =>
        name.StartsWith("crit.out_projs.", StringComparison.Ordinal) && model.TieProjections != ProjectionTying.None && !name.EndsWith(".0", StringComparison.Ordinal);

    private static string NameThere(string name)
    {
        string[] parts = name.Split('.');
        return parts is ["crit", "out_layers", var cluster, "weight" or "bias"] ? $"crit.out_layers_{(parts[3] == "bias" ? "biases" : "weights")}.{cluster}" : name;
    }

    private static Dictionary<string, (float[] Values, long[] Shape)> Tensors(TemporaryFolder folder) => StoredTensors.Read(folder["exported/weights.safetensors"]);

    private static void Write(TemporaryFolder folder, IEnumerable<KeyValuePair<string, (float[] Values, long[] Shape)>> tensors) =>
        StoredTensors.Write(folder["exported/weights.safetensors"], tensors);

    private static void AssertSame(LanguageModel before, TemporaryFolder folder)
    {
        LanguageModel after = ModelFolder.Load(folder["imported"]).Model;
        Assert.Equal(before.Parameters.Select(parameter => parameter.Name), after.Parameters.Select(parameter => parameter.Name));
        Assert.All(before.Parameters.Zip(after.Parameters), pair => Assert.True(Bits.Equal(pair.First.Value.Span, pair.Second.Value.Span), pair.First.Name));
    }
}
