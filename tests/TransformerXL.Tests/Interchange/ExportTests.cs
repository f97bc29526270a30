using System.Text.Json.Nodes;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Interchange;

public sealed class ExportTests
{
    [Theory]
    [InlineData("shaw", "attention of the kind Shaw")]
    [InlineData("vaswani", "attention of the kind Vaswani")]
    [InlineData("al-rfou", "attention of the kind AlRfou")]
    [InlineData("lstm", "a recurrent model of the family lstm")]
    [InlineData("gelu and final norm", "the activation Gelu, a final LayerNorm")]
    public void What_hugging_face_has_no_place_for_is_refused_by_name(string name, string reason)
    {
        using TemporaryFolder folder = new();
        string message = Assert.Throws<InputException>(() => SmallRuns.Export(folder, name, ExportFormat.HuggingFace)).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["exported"]));
    }

    [Fact]
    public void The_layout_of_the_reference_is_offered_exactly_for_the_models_that_it_can_represent()
    {
        RecurrentConfiguration lstm = new LstmConfiguration { VocabularySize = 31, Layers = 1, ModelSize = 8 };
        foreach (ModelConfiguration model in (ModelConfiguration[])
        [
            lstm, new LstmConfiguration { VocabularySize = 31, Layers = 1, ModelSize = 8, ProjectionSize = 4 },
            new GruConfiguration { VocabularySize = 31, Layers = 1, ModelSize = 8 }, new RnnConfiguration { VocabularySize = 31, Layers = 1, ModelSize = 8 },
            SmallRuns.Models["shaw"], SmallRuns.Models["swiglu"],
        ])
        {
            using TemporaryFolder folder = new();
            ModelFolder trained = SmallRuns.Create(folder["run"], model);
            InputException refusal = Assert.Throws<InputException>(() => ModelExporter.Export(trained, folder["exported"], ExportFormat.HuggingFace));
            Exception? failure = Record.Exception(() => ModelExporter.Export(trained, folder["reference"], ExportFormat.Reference));
            Assert.True(failure is null or InputException, failure?.ToString());
            Assert.Equal(failure is null, refusal.Remedies.Contains(new InputRemedy("format", "reference")));
            Assert.True(failure is null || !failure.Message.Contains("of recurrent models it has LSTMs", StringComparison.Ordinal) || model is not LstmConfiguration, failure?.Message);
        }
    }

    [Fact]
    public void An_encoder_of_byte_pairs_names_its_tokenizer_and_special_tokens()
    {
        using TemporaryFolder folder = new();
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        ContextConfiguration context = new() { TargetLength = 8, MemoryLength = 0 };
        ModelConfiguration model = new EncoderConfiguration { VocabularySize = 1, Layers = 1, ModelSize = 8, Heads = 2, LayerNormEpsilon = 1e-12f }.For(vocabulary, context);
        ModelFolder.Save(folder["own"], LanguageModel.Create(model, 5), vocabulary, new ModelFolderConfiguration { Model = model, Context = context });
        ModelExporter.Export(ModelFolder.Load(folder["own"]), folder["exported"], ExportFormat.HuggingFace);
        JsonNode settings = JsonNode.Parse(File.ReadAllText(folder["exported/tokenizer_config.json"]))!;
        Assert.Equal(
            ["PreTrainedTokenizerFast", "[PAD]", "[CLS]", "[SEP]", "[MASK]", "8"],
            new[] { "tokenizer_class", "pad_token", "cls_token", "sep_token", "mask_token", "model_max_length" }.Select(name => settings[name]!.ToString()));
        File.Delete(folder["exported/vocabulary.json"]);
        ModelImporter.Import(folder["exported"], folder["again"]);
        Assert.Equal(vocabulary.Encode("rain"), ModelFolder.Load(folder["again"]).Vocabulary.Encode("rain"));
    }

    [Fact]
    public void A_folder_is_replaced_only_when_that_is_wanted_and_then_whole()
    {
        using TemporaryFolder folder = new();
        ModelFolder trained = SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        Assert.Contains("holds files already", Assert.Throws<InputException>(() => ModelExporter.Export(trained, folder["exported"], ExportFormat.Reference)).Message, StringComparison.Ordinal);
        ModelExporter.Export(trained, folder["exported"], ExportFormat.Reference, replace: true);
        Assert.False(File.Exists(Path.Combine(folder["exported"], "model.safetensors")));
        Assert.True(File.Exists(Path.Combine(folder["exported"], "weights.safetensors")));
        Assert.Equal(["exported", "run"], Directory.EnumerateDirectories(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    /// <summary>Renaming would replace the link and leave its folder as it was.</summary>
    [Fact]
    public void A_link_is_not_replaced()
    {
        using TemporaryFolder folder = new();
        ModelFolder trained = SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        Directory.CreateSymbolicLink(folder["link"], folder["exported"]);
        Assert.Equal(
            $"'{folder["link"]}' is a link; name the folder that it leads to",
            Assert.Throws<InputException>(() => ModelExporter.Export(trained, folder["link"], ExportFormat.Reference, replace: true)).Message);
        Assert.True(File.Exists(Path.Combine(folder["exported"], "model.safetensors")));
    }

    [Fact]
    public void A_folder_with_other_files_is_never_replaced()
    {
        using TemporaryFolder folder = new();
        ModelFolder trained = SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        File.WriteAllText(Path.Combine(folder["exported"], "notes.txt"), "mine");
        Assert.Contains("'notes.txt'", Assert.Throws<InputException>(() => ModelExporter.Export(trained, folder["exported"], ExportFormat.HuggingFace, replace: true)).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder["exported"], "notes.txt")));
    }
}
