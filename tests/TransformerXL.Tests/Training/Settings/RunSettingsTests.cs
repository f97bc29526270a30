using System.Text.Json.Nodes;
using TransformerXL.Models;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Settings;
using Xunit;

namespace TransformerXL.Tests.Training.Settings;

public class RunSettingsTests
{
    private static readonly SettingOrigin Option = new(SettingOriginKind.Option, "--x");

    [Theory]
    [InlineData("model.layers", 4)]
    [InlineData("model.preNorm", false)]
    [InlineData("corpus.vocabulary.kind", "Characters")]
    public void A_value_is_set_also_where_it_was_there_before_and_nothing_else_is(string member, object value)
    {
        JsonNode json = value switch { int number => number, bool flag => flag, _ => (string)value };
        RunSettings settings = RunSettings.Standard.Apply(Option, member, json);
        Assert.Equal(Option, settings.OriginOf(member));
        Assert.All(settings.List().Where(setting => setting.Member != member), setting => Assert.Equal(SettingOrigin.Default, setting.Origin));
    }

    [Fact]
    public void Sizes_that_follow_from_others_are_listed_with_the_values_that_they_will_have()
    {
        RunSettings settings = RunSettings.Standard.Apply(Option, "model.modelSize", 96).Apply(Option, "model.heads", 3);
        Assert.Equal(["96", "32"], new[] { "model.embeddingSize", "model.headSize" }.Select(member => settings.List().Single(setting => setting.Member == member).Value));
        Assert.Equal(0, JsonNode.Parse(settings.ToJson())!["model"]!["headSize"]!.GetValue<int>());
    }

    [Fact]
    public void The_family_that_is_named_last_takes_what_layers_below_it_set()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["x.json"], """{ "model": { "kind": "Lstm", "layers": 3 } }""");
        RunSettings lstm = RunSettings.Standard.Apply(LaptopPresets.Tiny).ApplyFile(folder["x.json"]);
        LstmConfiguration recurrent = Assert.IsType<LstmConfiguration>(lstm.Configuration.Model);
        Assert.Equal((3, 128), (recurrent.Layers, recurrent.ModelSize));
        Assert.DoesNotContain(lstm.List(), setting => setting.Member == "model.heads");
        ShawConfiguration shaw = Assert.IsType<ShawConfiguration>(lstm.Apply(Option, "model.kind", "Shaw").Configuration.Model);
        Assert.Equal((3, 128, FeedForwardActivation.SwiGlu), (shaw.Layers, shaw.ModelSize, shaw.Activation));
    }

    [Fact]
    public void A_member_that_the_family_lacks_is_known_in_whatever_order_it_was_named()
    {
        RunSettings before = RunSettings.Standard.Apply(Option, "model.heads", 2).Apply(Option, "model.kind", "Lstm");
        RunSettings after = RunSettings.Standard.Apply(Option, "model.kind", "Lstm").Apply(Option, "model.heads", 2);
        Assert.Equal(["model.heads"], before.ForeignMembers);
        Assert.Equal(["model.heads"], after.ForeignMembers);
        Assert.Empty(after.Apply(Option, "model.kind", "Vaswani").ForeignMembers);
    }

    [Fact]
    public void Another_optimizer_brings_its_constants_and_is_their_origin()
    {
        RunSettings settings = RunSettings.Standard.Apply(Option, "training.optimizer.beta1", 0.5).Apply(new SettingOrigin(SettingOriginKind.Option, "--optimizer"), "training.optimizer.kind", "AdamW");
        Assert.Equal(new OptimizerOptions().Beta1, settings.Configuration.Training.Optimizer.Beta1);
        Assert.Equal("option --optimizer", settings.OriginOf("training.optimizer.beta1").ToString());
        Assert.Equal(SettingOrigin.Default, settings.OriginOf("training.optimizer.beta2"));
    }

    [Fact]
    public void Another_default_of_a_kind_of_model_is_told_as_its_own()
    {
        RunSettings settings = RunSettings.Standard.Apply(Option, "model.kind", "Encoder").WithFittingSides();
        Assert.Equal((0, "model encoder"), (settings.Configuration.Context.MemoryLength, settings.OriginOf("context.memoryLength").ToString()));
        Assert.Equal(5, settings.Apply(Option, "context.memoryLength", 5).WithFittingSides().Configuration.Context.MemoryLength);
    }

    [Theory]
    [InlineData("model.size", "'model.size' is not known")]
    [InlineData("model.kind", "model.kind is the number 1, but must be one of the texts TransformerXL")]
    [InlineData("training.schedule", "training.schedule is the number 1, but must be one of the texts")]
    public void A_value_that_no_member_takes_is_refused(string member, string message) =>
        Assert.Contains(message, Assert.Throws<InputException>(() => RunSettings.Standard.Apply(Option, member, 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void Each_layer_goes_before_those_below_and_is_told_as_the_origin()
    {
        using TemporaryFolder folder = new();
        string file = folder["x.json"];
        File.WriteAllText(file, """{ "$schema": "s", "training": { "batchSize": 8, "steps": 77 } }""");
        RunSettings settings = RunSettings.Standard.Apply(ReferencePresets.Enwik8Base).ApplyFile(file)
            .Apply(Option, "training.batchSize", 5);
        Assert.Equal((5, 77L, 0.00025, 1UL), (settings.Configuration.Training.BatchSize, settings.Configuration.Training.Steps, settings.Configuration.Training.LearningRate, settings.Configuration.Training.Seed));
        Assert.Equal(
            ["option --x", $"file {file}", "preset enwik8-base", "default"],
            ((string[])["training.batchSize", "training.steps", "training.learningRate", "training.seed"]).Select(member => settings.OriginOf(member).ToString()));
    }

    [Fact]
    public void What_is_printed_as_JSON_gives_the_same_settings_as_a_file()
    {
        using TemporaryFolder folder = new();
        RunSettings settings = RunSettings.Standard.Apply(ReferencePresets.OneBillionWordBase);
        File.WriteAllText(folder["x.json"], settings.ToJson());
        RunSettings read = RunSettings.Standard.ApplyFile(folder["x.json"]);
        Assert.Equal(settings.ToJson(), read.ToJson());
        Assert.DoesNotContain("vocabularySize", settings.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_config_json_of_a_run_for_another_text_is_a_file_too()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], """{ "version": 1, "model": { "vocabularySize": 7, "positionRows": 3, "layers": 2 } }""");
        RunSettings settings = RunSettings.Standard.ApplyFile(folder["config.json"]);
        settings.Validate(text: false);
        Assert.Equal((9, 2), (settings.For(9, out _).Model.VocabularySize, settings.Configuration.Model.Layers));
    }

    [Fact]
    public void Paths_in_a_file_begin_at_its_folder()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["x.json"], """{ "corpus": { "trainPath": "a/b", "validationPath": "c", "vocabulary": { "file": "v.json" } } }""");
        CorpusOptions corpus = RunSettings.Standard.ApplyFile(folder["x.json"]).Configuration.Corpus!;
        Assert.Equal((folder[Path.Combine("a", "b")], folder["c"], folder["v.json"]), (corpus.TrainPath, corpus.ValidationPath, corpus.Vocabulary!.File));
    }

    [Fact]
    public void A_value_that_is_not_allowed_is_told_with_the_file_it_came_from_and_no_other()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["x.json"], """{ "training": { "batchChunks": 3 } }""");
        RunSettings settings = RunSettings.Standard.ApplyFile(folder["x.json"]);
        Assert.Equal(
            $"{folder["x.json"]}: training.batchChunks: batch size 16 is not divisible by batch chunks 3",
            Assert.Throws<InputException>(() => settings.Validate(text: false)).Message);
        RunSettings option = settings.Apply(Option, "training.batchChunks", 5);
        Assert.Equal("batch size 16 is not divisible by batch chunks 5", Assert.Throws<InputException>(() => option.Validate(text: false)).Message);
    }

    [Fact]
    public void Cutoffs_of_a_preset_beyond_the_vocabulary_are_left_out_and_others_refused()
    {
        RunSettings settings = RunSettings.Standard.Apply(ReferencePresets.WikiText103Large);
        RunConfiguration medium = settings.For(30_000, out IReadOnlyList<int> two);
        RunConfiguration small = settings.For(500, out IReadOnlyList<int> three);
        medium.Validate();
        small.Validate();
        Assert.Equal(("20000", 4), (string.Join(',', medium.Model.Cutoffs), medium.Model.EmbeddingDivisor));
        Assert.Equal(("", 1), (string.Join(',', small.Model.Cutoffs), small.Model.EmbeddingDivisor));
        Assert.Equal((2, 3), (two.Count, three.Count));
        RunConfiguration chosen = settings.Apply(Option, "model.cutoffs", new JsonArray(400, 800)).For(500, out IReadOnlyList<int> none);
        Assert.Empty(none);
        Assert.Contains("cutoff 800 must be above 400 and below the vocabulary size 500", Assert.Throws<InputException>(chosen.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_evaluation_of_a_preset_goes_with_its_lengths_of_training()
    {
        RunSettings settings = RunSettings.Standard.Apply(ReferencePresets.Enwik8Base);
        RunSettings same = settings.Apply(Option, "context.memoryLength", 512);
        RunSettings shorter = settings.Apply(Option, "context.memoryLength", 64);
        Assert.Equal(2100, same.WithFittingEvaluation().Configuration.DefaultEvaluation().Context.MemoryLength);
        Assert.Null(shorter.WithFittingEvaluation().Configuration.Evaluation);
    }
}
