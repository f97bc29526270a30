using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Testing;
using TransformerXL.Tests.Formats;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>The forms in which the same model may come.</summary>
public sealed class ImportFormTests
{
    [Fact]
    public void Weights_in_several_files_are_found_by_their_index()
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, "clusters", ExportFormat.HuggingFace);
        string exported = folder["exported"], whole = Path.Combine(exported, "model.safetensors");
        KeyValuePair<string, (float[] Values, long[] Shape)>[] tensors = [.. StoredTensors.Read(whole)];
        StoredTensors.Write(Path.Combine(exported, "part-1.safetensors"), tensors[..9]);
        StoredTensors.Write(Path.Combine(exported, "part-2.safetensors"), tensors[9..]);
        string map = string.Join(", ", tensors.Select((pair, i) => $"\"{pair.Key}\": \"part-{(i < 9 ? 1 : 2)}.safetensors\""));
        File.WriteAllText(whole + ".index.json", $"{{\"metadata\": {{}}, \"weight_map\": {{{map}}}}}");
        File.Delete(whole);
        ImportedModel imported = ModelImporter.Import(exported, folder["imported"]);
        Assert.Equal(2, imported.WeightFiles.Count);
        AssertSame(before.Model, folder);
    }

    [Fact]
    public void Half_precision_is_read_as_float32()
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        string path = Path.Combine(folder["exported"], "model.safetensors");
        StoredTensors.WriteShort(path, StoredTensors.Read(path));
        ModelImporter.Import(folder["exported"], folder["imported"]);
        Parameter expected = before.Model.Parameters[0], read = ModelFolder.Load(folder["imported"]).Model.Parameters[0];
        Assert.Equal(expected.Value.Span.ToArray().Select(value => BitConverter.SingleToInt32Bits(value) & ~0xFFFF), read.Value.Span.ToArray().Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Shared_biases_may_be_stored_with_the_layers_only()
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        Change(folder, "model.safetensors", tensors => tensors.Remove("transformer.r_w_bias") && tensors.Remove("transformer.r_r_bias"));
        ModelImporter.Import(folder["exported"], folder["imported"]);
        AssertSame(before.Model, folder);
    }

    [Fact]
    public void Names_of_a_model_that_was_trained_on_several_devices_lose_their_prefix()
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, "plain", ExportFormat.Reference);
        Change(folder, "weights.safetensors", tensors =>
        {
            foreach (string name in tensors.Keys.ToArray())
            {
                tensors.Remove(name, out (float[] Values, long[] Shape) tensor);
                tensors["module." + name] = tensor;
            }

            return true;
        });
        ModelImporter.Import(folder["exported"], folder["imported"]);
        AssertSame(before.Model, folder);
    }

    [Fact]
    public void Tied_weights_need_not_be_stored_twice()
    {
        using TemporaryFolder folder = new();
        ModelFolder before = SmallRuns.Export(folder, "clusters, all tied", ExportFormat.Reference);
        Change(folder, "weights.safetensors", tensors => tensors.Remove("crit.out_layers.1.weight") && tensors.Remove("crit.out_projs.0"));
        ModelImporter.Import(folder["exported"], folder["imported"]);
        AssertSame(before.Model, folder);
    }

    [Fact]
    public void A_pickled_vocabulary_gives_words_by_its_rules()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Create(folder["run"], SmallRuns.Models["plain"] with { VocabularySize = 4 }, SmallRuns.Words(4));
        ModelExporter.Export(ModelFolder.Load(folder["run"]), folder["exported"], ExportFormat.HuggingFace);
        File.Delete(Path.Combine(folder["exported"], "vocabulary.json"));
        File.Delete(Path.Combine(folder["exported"], "vocab.txt"));
        PickleWriter pickle = new PickleWriter().Op("}").Text("special").Op("](").Text("<eos>").Op("e").Op("s").Text("lower_case").Op(0x88).Op("s").Text("idx2sym").Op("](");
        foreach (string symbol in new[] { "<eos>", "the", "größe", "<unk>" })
        {
            pickle.Text(symbol);
        }

        File.WriteAllBytes(Path.Combine(folder["exported"], "vocab.pkl"), pickle.Op("es").Stopped());
        ImportedModel imported = ModelImporter.Import(folder["exported"], folder["imported"]);
        Assert.Equal([1, 2, 3, 0], imported.Vocabulary.Encode("The Größe other\n"));
    }

    [Fact]
    public void What_is_told_goes_before_what_files_tell()
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        ImportedModel imported = ModelImporter.Import(
            folder["exported"], folder["imported"], new ImportOptions { Hints = new ModelDescription { MemoryLength = 50, ClampLength = 0 } });
        Assert.Equal(SmallRuns.Context with { MemoryLength = 50, ClampLength = 0 }, imported.Configuration.Context);
    }

    private static void Change(TemporaryFolder folder, string file, Func<Dictionary<string, (float[] Values, long[] Shape)>, bool> change)
    {
        string path = Path.Combine(folder["exported"], file);
        Dictionary<string, (float[] Values, long[] Shape)> tensors = StoredTensors.Read(path);
        Assert.True(change(tensors));
        StoredTensors.Write(path, tensors);
    }

    private static void AssertSame(LanguageModel before, TemporaryFolder folder)
    {
        LanguageModel after = ModelFolder.Load(folder["imported"]).Model;
        Assert.Equal(before.Parameters.Select(parameter => parameter.Name), after.Parameters.Select(parameter => parameter.Name));
        Assert.All(before.Parameters.Zip(after.Parameters), pair => Assert.True(Bits.Equal(pair.First.Value.Span, pair.Second.Value.Span), pair.First.Name));
    }
}
