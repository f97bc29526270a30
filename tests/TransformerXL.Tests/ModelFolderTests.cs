using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using Xunit;

namespace TransformerXL.Tests;

/// <summary>Folders of models, used without anything of the training package.</summary>
public sealed class ModelFolderTests : IDisposable
{
    private const string RunConfiguration = """
        {
          "version": 1,
          "model": { "vocabularySize": 5, "layers": 1, "modelSize": 8, "heads": 2, "headSize": 4, "innerSize": 12, "cutoffs": [2] },
          "context": { "targetLength": 6, "memoryLength": 7 },
          "evaluation": { "targetLength": 3, "memoryLength": 20, "clampLength": 9 },
          "training": { "steps": 12, "optimizer": { "kind": "Adam" }, "ofALaterVersion": true },
          "corpus": { "path": "/gone/text.txt" },
          "origin": "/gone/model"
        }
        """;

    private static readonly TransformerXLConfiguration Architecture = new() { VocabularySize = 5, Layers = 1, ModelSize = 8, Heads = 2, HeadSize = 4, InnerSize = 12, Cutoffs = [2] };

    private static readonly WordVocabulary Words = new(["<eos>", "<unk>", "a", "b", "c"]);

    private readonly TemporaryFolder _folder = new();

    private readonly LanguageModel _model = LanguageModel.Create(Architecture, seed: 3);

    private string Saved => _folder["model"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_saved_is_loaded_to_the_last_bit()
    {
        ModelFolderConfiguration configuration = Save() with { Model = _model.Configuration };
        Assert.Equal(["config.json", "model.safetensors", "vocabulary.json"], Directory.EnumerateFileSystemEntries(Saved).Select(Path.GetFileName).Order());
        ModelFolder loaded = ModelFolder.Load(Saved);
        Assert.Equal(Values(_model), Values(loaded.Model));
        Assert.Equal(Words.Fingerprint, loaded.Vocabulary.Fingerprint);
        Assert.Equal(configuration with { Model = loaded.Configuration.Model }, loaded.Configuration);
        Assert.Equal([2], loaded.Configuration.Model.Cutoffs);
        Assert.Equal(new ContextConfiguration { TargetLength = 4, MemoryLength = 30 }, loaded.DefaultEvaluation().Context);
        Assert.Equal((null, null, Path.GetFullPath(Saved)), (loaded.Checkpoint, loaded.Step, loaded.Path));
    }

    [Fact]
    public void An_opened_model_reads_each_weight_at_its_first_use()
    {
        Save();
        List<WeightProgress> reports = [];
        ModelFolder opened = ModelFolder.Open(Saved, progress: new Reports(reports));
        Assert.Empty(reports);
        Assert.Equal(Values(_model), Values(opened.Model));
        Assert.Equal((_model.Parameters.Count, new WeightProgress(_model.Parameters.Values, _model.Parameters.Values)), (reports.Count, reports[^1]));
    }

    [Fact]
    public void The_weights_of_an_opened_run_are_those_it_had_when_it_was_opened()
    {
        WriteRun("best", step: 7);
        ModelFolder opened = ModelFolder.Open(_folder["run"]);
        ModelWeights.Save(_folder["run/checkpoints/best/model.safetensors"], LanguageModel.Create(Architecture, seed: 4));
        Assert.Equal(Values(_model), Values(opened.Model));
        Assert.Equal(7, opened.Step);
    }

    [Fact]
    public void A_damaged_weight_of_an_opened_model_is_named_when_it_is_used()
    {
        _model.Parameters[3].Value.Span[0] = float.NaN;
        Save();
        ModelFolder opened = ModelFolder.Open(Saved);
        Assert.Equal(_model.Parameters[2].Value.Span.ToArray(), opened.Model.Parameters[2].Value.Span.ToArray());
        for (int attempt = 0; attempt < 2; attempt++)
        {
            InputException fault = Assert.Throws<InputException>(() => opened.Model.Parameters[3].Value);
            Assert.Contains($"the tensor '{_model.Parameters[3].Name}' holds values that are not finite numbers", fault.Message, StringComparison.Ordinal);
            Assert.Equal(Path.Combine(Path.GetFullPath(Saved), "model.safetensors"), fault.File);
        }
    }

    [Fact]
    public void Its_configuration_tells_of_no_training()
    {
        Save();
        Assert.Equal(["version", "model", "context", "evaluation", "origin"], JsonNode.Parse(File.ReadAllText(Path.Combine(Saved, "config.json")))!.AsObject().Select(pair => pair.Key));
    }

    [Fact]
    public void A_run_is_read_for_its_model_whatever_its_sections_about_training_say()
    {
        WriteRun("best", step: 7);
        WriteRun("last", step: 12);
        WriteRun("step-000004", step: 4);
        ModelFolder best = ModelFolder.Load(_folder["run"]);
        Assert.Equal(("best", 7L), (best.Checkpoint, best.Step));
        Assert.Equal(Values(_model), Values(best.Model));
        Assert.Equal("/gone/model", best.Configuration.Origin);
        Assert.Equal((6, 7), (best.Configuration.Context.TargetLength, best.Configuration.Context.MemoryLength));
        Assert.Equal(new ContextConfiguration { TargetLength = 3, MemoryLength = 20, ClampLength = 9 }, best.DefaultEvaluation().Context);
        Assert.Equal(("last", 12L), (ModelFolder.Load(_folder["run"], "last").Checkpoint, ModelFolder.Load(_folder["run"], "last").Step));
        Assert.Equal(4, ModelFolder.Load(_folder["run"], "step-4").Step);
        Assert.Contains("has no checkpoint 'average'; it has best, last, step-000004", Refusal(() => ModelFolder.Load(_folder["run"], "average")), StringComparison.Ordinal);
        Directory.Delete(_folder["run/checkpoints/best"], recursive: true);
        Assert.Equal("last", ModelFolder.Load(_folder["run"]).Checkpoint);
    }

    [Fact]
    public void The_parts_of_a_run_put_together_by_hand_are_a_model_folder()
    {
        WriteRun("best", step: 7);
        Directory.CreateDirectory(Saved);
        foreach (string file in (string[])["config.json", "vocabulary.json", "checkpoints/best/model.safetensors"])
        {
            File.Copy(Path.Combine(_folder["run"], file), Path.Combine(Saved, Path.GetFileName(file)));
        }

        ModelFolder loaded = ModelFolder.Load(Saved);
        Assert.Null(loaded.Step);
        Assert.Equal(Values(_model), Values(loaded.Model));
    }

    [Theory]
    [InlineData("config.json", null, "holds no config.json")]
    [InlineData("config.json", "{", "config.json: line 1, column 2: the text ends too early")]
    [InlineData("config.json", """{ "architectures": ["TransfoXLLMHeadModel"] }""", "lacks the sections 'model' and 'context'")]
    [InlineData("config.json", """{ "version": 2, "model": { "vocabularySize": 5 }, "context": {} }""", "config.json: version: version 2")]
    [InlineData("config.json", """{ "model": { "vocabularySize": 5, "layer": 1 }, "context": {} }""", "config.json: 'model.layer' is not known; did you mean 'layers'?")]
    [InlineData("config.json", """{ "model": {}, "context": {} }""", "config.json: model.vocabularySize is missing")]
    [InlineData("config.json", """{ "model": { "vocabularySize": 5 }, "context": { "memoryLength": -1 } }""", "config.json: context.memoryLength: memory length is -1")]
    [InlineData("config.json", """{ "model": { "vocabularySize": 6 }, "context": {} }""", "vocabulary.json holds 5 tokens, but config.json says 6")]
    [InlineData("config.json", """{ "model": { "vocabularySize": 5, "layers": 1000, "modelSize": 4096 }, "context": {} }""", "model.safetensors' holds")]
    [InlineData("vocabulary.json", null, "lacks vocabulary.json")]
    [InlineData("vocabulary.json", "{}", "vocabulary.json'")]
    [InlineData("model.safetensors", null, "lacks model.safetensors")]
    [InlineData("model.safetensors", "{}", "model.safetensors")]
    public void A_file_that_is_missing_or_damaged_is_named(string file, string? content, string reason)
    {
        Save();
        string path = Path.Combine(Saved, file);
        File.Delete(path);
        if (content is not null)
        {
            File.WriteAllText(path, content);
        }

        Assert.Contains(reason, Refusal(() => ModelFolder.Load(Saved)), StringComparison.Ordinal);
        Assert.Contains(reason, Refusal(() => ModelFolder.Open(Saved)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "state.json: line 1, column 2: the text ends too early")]
    [InlineData("""{ "version": 2, "step": 1, "seconds": 1 }""", "version 2 of a training state is not known")]
    [InlineData("""{ "seconds": 1 }""", "state.json: step is missing")]
    [InlineData("""{ "step": "x", "seconds": 1 }""", "state.json: step is not")]
    [InlineData("""{ "step": -1, "seconds": 1 }""", "step -1 must not be negative")]
    public void A_damaged_state_beside_the_weights_of_a_run_is_named(string state, string reason)
    {
        WriteRun("best", step: 7);
        _folder.Write("run/checkpoints/best/state.json", state);
        Assert.Contains(reason, Refusal(() => ModelFolder.Load(_folder["run"])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_folder_has_no_checkpoints_to_choose_from()
    {
        Save();
        Assert.Contains("is a model folder and has no checkpoint 'best'", Refusal(() => ModelFolder.Load(Saved, "best")), StringComparison.Ordinal);
    }

    [Fact]
    public void Saving_leaves_a_folder_with_files_as_it_is()
    {
        _folder.Write("model/notes.txt", "mine");
        Assert.Contains("holds files already", Refusal(() => Save()), StringComparison.Ordinal);
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(Saved).Select(Path.GetFileName));
        Assert.Equal(["model"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_folder_that_another_process_fills_while_a_model_is_written_stays_as_it_is()
    {
        string refusal = Refusal(() => AtomicDirectory.Write(Saved, replaceable: null, next =>
        {
            File.WriteAllText(Path.Combine(next, "config.json"), "this one");
            _folder.Write("model/config.json", "the other one");
        }));
        Assert.Contains("holds files already", refusal, StringComparison.Ordinal);
        Assert.Equal("the other one", File.ReadAllText(Path.Combine(Saved, "config.json")));
        Assert.Equal(["model"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_model_folder_without_its_weights_is_not_taken_for_a_run()
    {
        Save();
        File.Delete(Path.Combine(Saved, "model.safetensors"));
        Assert.Contains("lacks model.safetensors, the weights of its model", Refusal(() => RunDirectory.Open(Saved)), StringComparison.Ordinal);
    }

    [Fact]
    public void Saving_refuses_parts_that_do_not_go_together()
    {
        ModelFolderConfiguration other = new() { Model = Architecture with { Layers = 2 }, Context = new ContextConfiguration() };
        Assert.Throws<ArgumentException>(() => ModelFolder.Save(Saved, _model, Words, other));
        Assert.Contains("the vocabulary has 2 words, but the model 5", Refusal(() => ModelFolder.Save(Saved, _model, new WordVocabulary(["<eos>", "<unk>"]), other with { Model = Architecture })), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Saved));
    }

    private ModelFolderConfiguration Save()
    {
        ModelFolderConfiguration configuration = new()
        {
            Model = Architecture,
            Context = new ContextConfiguration { TargetLength = 5, MemoryLength = 6 },
            Evaluation = new ContextConfiguration { TargetLength = 4, MemoryLength = 30 },
            Origin = "elsewhere",
        };
        ModelFolder.Save(Saved, _model, Words, configuration);
        return configuration;
    }

    private void WriteRun(string checkpoint, int step)
    {
        _folder.Write("run/config.json", RunConfiguration);
        _folder.Write($"run/checkpoints/{checkpoint}/state.json", $$"""{ "version": 1, "step": {{step}}, "seconds": 1.5 }""");
        Words.Save(_folder["run/vocabulary.json"]);
        ModelWeights.Save(_folder[$"run/checkpoints/{checkpoint}/model.safetensors"], _model);
    }

    private sealed class Reports(List<WeightProgress> list) : IProgress<WeightProgress>
    {
        public void Report(WeightProgress value) => list.Add(value);
    }

    private static string Refusal(Action action) => Assert.Throws<InputException>(action).Message;

    private static float[] Values(LanguageModel model)
    {
        float[] values = [.. model.Parameters.SelectMany((Parameter parameter) => parameter.Value.Span.ToArray())];
        GC.KeepAlive(model);
        return values;
    }
}
