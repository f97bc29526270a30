using TransformerXL.Files;
using TransformerXL.Interchange;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Interchange.PyTorch;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Datasets;
using TransformerXL.Training.Settings;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>Input that the framework refuses as a fault of the program: here it is bad input, told as such.</summary>
public sealed class OddInputTests
{
    private const string LoneSurrogate = "\"\\ud800\"";

    [Theory]
    [InlineData("{\"model_type\":" + LoneSurrogate + "}")]
    [InlineData("{\"activation\":" + LoneSurrogate + "}")]
    [InlineData("{" + LoneSurrogate + ":1}")]
    [InlineData("{\"cutoffs\":[" + LoneSurrogate + "]}")]
    public void A_lone_surrogate_in_the_configuration_of_another_program_is_refused(string json)
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", ExportFormat.Reference);
        File.WriteAllText(folder["exported/config.json"], json);
        Assert.Contains("config.json", Assert.Throws<InputException>(() => ModelImporter.Import(folder["exported"], folder["imported"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lone_surrogate_is_refused_in_every_file_of_our_own()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("dataset.json", $"{{\"name\":{LoneSurrogate}}}");
        Assert.Throws<InputException>(() => RunSettings.Standard.ApplyFile(folder.Write("x.json", $"{{\"corpus\":{{\"path\":{LoneSurrogate}}}}}")));
        Assert.Throws<InputException>(() => RunFiles.ReadConfiguration(folder.Write("config.json", $"{{{LoneSurrogate}:1}}")));
        Assert.Throws<InputException>(() => RunFiles.ReadState(folder.Write("state.json", $"{{\"isa\":{LoneSurrogate}}}")));
        Assert.Throws<InputException>(() => DatasetManifest.Read(Path.GetDirectoryName(path)!));
        Assert.Throws<InputException>(() => Vocabulary.Load(folder.Write("vocabulary.json", $"{{\"format\":{LoneSurrogate}}}")));
    }

    [Theory]
    [InlineData(ExportFormat.Reference, "weights.safetensors")]
    [InlineData(ExportFormat.HuggingFace, "model.safetensors")]
    public void A_tensor_without_a_name_belongs_to_no_model(ExportFormat format, string file)
    {
        using TemporaryFolder folder = new();
        SmallRuns.Export(folder, "plain", format);
        string path = Path.Combine(folder["exported"], file);
        Dictionary<string, (float[] Values, long[] Shape)> tensors = StoredTensors.Read(path);
        tensors[""] = ([1], [1]);
        StoredTensors.Write(path, tensors);
        Assert.Contains("the tensor '' belongs to no parameter", Assert.Throws<InputException>(() => ModelImporter.Import(folder["exported"], folder["imported"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_with_a_NUL_character_is_bad_input_wherever_it_stands()
    {
        const string Path = "a\0b";
        using TemporaryFolder folder = new();
        Action[] uses =
        [
            () => ModelFolder.Load(Path),
            () => RunDirectory.RequireFree(Path),
            () => new CorpusOptions { Path = Path }.Validate(),
            () => new CorpusOptions { TrainPath = "x", ValidationPath = Path }.Validate(),
            () => new VocabularyOptions { File = Path }.Validate(),
            () => Vocabulary.Load(Path),
            () => TokenFile.Open(Path),
            () => WeightFormat.Open(Path),
            () => ModelImporter.Import(Path, "x"),
            () => ModelImporter.Import("x", Path),
            () => ModelDescription.Read(Path),
            () => TransfoXLConfiguration.Read(Path),
            () => RunSettings.Standard.ApplyFile(Path),
            () => AtomicFile.WriteText(Path, "text"),
            () => DatasetPreparation.Prepare(KnownDataset.Find("ptb"), Path, "x"),
            () => DatasetPreparation.Prepare(KnownDataset.Find("ptb"), "x", Path),
            () => RunFiles.ReadConfiguration(folder.Write("config.json", "{\"model\":{\"vocabularySize\":5},\"context\":{},\"training\":{},\"corpus\":{\"path\":\"a\\u0000b\"}}")),
        ];
        for (int i = 0; i < uses.Length; i++)
        {
            Exception? error = Record.Exception(uses[i]);
            Assert.True(error is InputException, $"use {i}: {error}");
            Assert.DoesNotContain('\0', error.Message);
        }
    }

    [Fact]
    public void A_file_that_holds_no_weights_is_told_before_a_vocabulary_is_missed()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("notes.txt", "These are only words.\n");
        string message = Assert.Throws<InputException>(() => ModelImporter.Import(path, folder["run"])).Message;
        Assert.Contains("neither a safetensors nor a PyTorch file", message, StringComparison.Ordinal);
        Assert.DoesNotContain("vocabulary", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_that_are_null_are_none()
    {
        byte[] header = "{\"__metadata__\":null,\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"u8.ToArray();
        using SafetensorsFile file = SafetensorsFile.Parse("x", (byte[])[.. BitConverter.GetBytes((long)header.Length), .. header, 0, 0, 0, 0]);
        Assert.Empty(file.Metadata);
        Assert.Equal("a", Assert.Single(file.Entries).Name);
    }
}
