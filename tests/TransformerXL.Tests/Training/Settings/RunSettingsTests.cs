using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Settings;
using Xunit;

namespace TransformerXL.Tests.Training.Settings;

public class RunSettingsTests
{
    private static readonly SettingOrigin Option = new(SettingOriginKind.Option, "--x");

    [Fact]
    public void A_change_sets_members_also_where_they_had_the_value_before()
    {
        TransformerXLConfiguration standard = (TransformerXLConfiguration)RunSettings.Standard.Configuration.Model;
        Assert.Equal(["model.layers"], ChangedMembers.Of(c => c with { Model = c.Model with { Layers = standard.Layers } }));
        Assert.Equal(["model.preNorm"], ChangedMembers.Of(c => c.Model is TransformerXLConfiguration own ? c with { Model = own with { PreNorm = standard.PreNorm } } : c));
        Assert.Equal(["corpus.vocabulary.kind"], ChangedMembers.Of(c => c with { Corpus = c.Corpus! with { Vocabulary = c.Corpus.Vocabulary! with { Kind = VocabularyKind.Characters } } }));
    }

    [Fact]
    public void A_change_that_depends_on_what_was_there_sets_nothing() => Assert.Empty(ChangedMembers.Of(c => c with { }));

    [Fact]
    public void Each_layer_goes_before_those_below_and_is_told_as_the_origin()
    {
        using TemporaryFolder folder = new();
        string file = folder["x.json"];
        File.WriteAllText(file, """{ "$schema": "s", "training": { "batchSize": 8, "steps": 77 } }""");
        RunSettings settings = RunSettings.Standard.Apply(ReferencePresets.Enwik8Base).ApplyFile(file)
            .Apply(Option, c => c with { Training = c.Training with { BatchSize = 5 } });
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
        RunSettings option = settings.Apply(Option, c => c with { Training = c.Training with { BatchChunks = 5 } });
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
        RunConfiguration chosen = settings.Apply(Option, c => c with { Model = c.Model with { Cutoffs = [400, 800] } }).For(500, out IReadOnlyList<int> none);
        Assert.Empty(none);
        Assert.Contains("cutoff 800 must be above 400 and below the vocabulary size 500", Assert.Throws<InputException>(chosen.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_evaluation_of_a_preset_goes_with_its_lengths_of_training()
    {
        RunSettings settings = RunSettings.Standard.Apply(ReferencePresets.Enwik8Base);
        RunSettings same = settings.Apply(Option, c => c with { Context = c.Context with { MemoryLength = 512 } });
        RunSettings shorter = settings.Apply(Option, c => c with { Context = c.Context with { MemoryLength = 64 } });
        Assert.Equal(2100, same.WithFittingEvaluation().Configuration.DefaultEvaluation().Context.MemoryLength);
        Assert.Null(shorter.WithFittingEvaluation().Configuration.Evaluation);
    }
}
