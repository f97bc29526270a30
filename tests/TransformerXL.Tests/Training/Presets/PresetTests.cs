using TransformerXL.Models;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Settings;
using Xunit;

namespace TransformerXL.Tests.Training.Presets;

public class PresetTests
{
    public static TheoryData<string> Names => new(Preset.All.Select(preset => preset.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_preset_is_found_by_its_name_and_valid(string name)
    {
        RunConfiguration configuration = Preset.Find(name).ForTypicalText();
        configuration.Validate();
        Assert.Equal(0, configuration.Training.BatchSize % configuration.Training.BatchChunks);
    }

    // The columns of the table: layers, d, heads, size of a head, inner size; target and memory; those of evaluation, clamp; batch, steps, warm-up, dropout, dropout of attention.
    [Theory]
    [InlineData("enwik8-base", "12 512 8 64 2048", "512 512", "80 2100 820", "22 400000 0", 0.1f, 0f)]
    [InlineData("text8-base", "12 512 8 64 2048", "512 512", "80 2100 820", "22 400000 0", 0.1f, 0f)]
    [InlineData("enwik8-large", "24 1024 8 128 3072", "768 768", "128 3800 1000", "64 400000 4000", 0.15f, 0.15f)]
    [InlineData("wt103-base", "16 410 10 41 2100", "150 150", "64 640 400", "60 200000 0", 0.1f, 0f)]
    [InlineData("wt103-large", "18 1024 16 64 4096", "384 384", "128 1600 1000", "128 4000000 16000", 0.2f, 0.2f)]
    [InlineData("lm1b-base", "18 1024 8 128 4096", "32 32", "32 128 0", "224 500000 20000", 0f, 0f)]
    public void Presets_of_the_paper_have_the_values_of_the_reference(string name, string model, string context, string evaluation, string training, float dropout, float attentionDropout)
    {
        RunConfiguration c = Preset.Find(name).ForTypicalText();
        AttentionConfiguration m = (AttentionConfiguration)c.Model;
        TrainingConfiguration t = c.Training;
        Assert.Equal(model, $"{m.Layers} {m.ModelSize} {m.Heads} {m.HeadSize} {m.InnerSize}");
        Assert.Equal(context, $"{c.Context.TargetLength} {c.Context.MemoryLength}");
        Assert.Equal(evaluation, $"{c.Evaluation!.TargetLength} {c.Evaluation.MemoryLength} {c.Evaluation.ClampLength}");
        Assert.Equal((true, false), (c.Evaluation.SameLength, c.Context.SameLength));
        Assert.Equal(training, $"{t.BatchSize} {t.Steps} {t.WarmupSteps}");
        Assert.Equal((dropout, attentionDropout), (m.Dropout, m.AttentionDropout));
        Assert.Equal((0.00025, ScheduleKind.Cosine, 0.25, 4000L), (t.LearningRate, t.Schedule, t.ClipNorm, t.ValidateEvery));
    }

    [Theory]
    [InlineData("wt103-base", "20000,40000,200000", 1, ProjectionTying.AllButFirst, SegmentOrder.Ordered, false)]
    [InlineData("wt103-large", "20000,40000,200000", 4, ProjectionTying.AllButFirst, SegmentOrder.Ordered, false)]
    [InlineData("lm1b-base", "60000,100000,640000", 4, ProjectionTying.None, SegmentOrder.Sentences, true)]
    public void Presets_of_words_have_the_clusters_and_the_order_of_the_reference(string name, string cutoffs, int divisor, ProjectionTying tying, SegmentOrder order, bool sentences)
    {
        RunConfiguration c = Preset.Find(name).ForTypicalText();
        Assert.Equal(cutoffs, string.Join(',', c.Model.Cutoffs));
        Assert.Equal((divisor, tying, order), (c.Model.EmbeddingDivisor, c.Model.SharedProjections, c.Training.Order));
        Assert.Equal((VocabularyKind.Words, sentences, false), (c.Corpus!.Vocabulary!.Kind, c.Corpus.Vocabulary.AddDoubleEos, c.Corpus.Vocabulary.LowerCase));
    }

    // Published numbers are those of the encoder with its pooler, without the head of masked tokens.
    [Theory]
    [InlineData("bert-tiny", 4_385_920, 1e-12f, 2)]
    [InlineData("bert-mini", 11_170_560, 1e-12f, 2)]
    [InlineData("bert-small", 28_763_648, 1e-12f, 2)]
    [InlineData("bert-base", 109_482_240, 1e-12f, 2)]
    [InlineData("roberta-base", 124_645_632 - (2 * 768), 1e-5f, 1)]
    public void Presets_of_encoders_have_the_sizes_of_the_published_models(string name, long parameters, float epsilon, int tokenTypes)
    {
        RunConfiguration c = Preset.Find(name).ForTypicalText();
        EncoderConfiguration m = Assert.IsType<EncoderConfiguration>(c.Model);
        long head = ModelFootprint.Parameters(m) - ModelFootprint.Parameters(m with { PredictsMaskedTokens = false });
        Assert.Equal(head, ((long)m.ModelSize * (m.ModelSize + 1)) + (2 * m.ModelSize));
        Assert.Equal(parameters, ModelFootprint.Parameters(m with { PredictsMaskedTokens = false, Pooler = true }) - m.VocabularySize);
        Assert.Equal(FeedForwardActivation.Gelu, m.Activation);
        Assert.Equal((epsilon, tokenTypes, 512, 64), (m.LayerNormEpsilon, m.TokenTypes, m.PositionRows, m.HeadSize));
        (c.Corpus!.Vocabulary! with { Kind = VocabularyKind.WordPieces, File = "vocab.txt" }).Validate();
        Assert.Equal(VocabularyKind.BytePairs, c.Corpus.Vocabulary!.Kind);
    }

    [Fact]
    public void The_encoder_for_a_laptop_has_relative_positions_and_learns_by_Muon()
    {
        RunConfiguration c = Preset.Find("encoder").ForTypicalText();
        EncoderConfiguration m = Assert.IsType<EncoderConfiguration>(c.Model);
        Assert.Equal((EncoderPositions.Relative, 0, 0f, 0f), (m.Positions, m.PositionRows, m.Dropout, m.AttentionDropout));
        Assert.Equal((OptimizerKind.Muon, 0.002, 0L), (c.Training.Optimizer.Kind, c.Training.LearningRate, (long)c.Context.MemoryLength));
        Assert.Equal(VocabularyKind.BytePairs, c.Corpus!.Vocabulary!.Kind);
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_nearest() =>
        Assert.Contains("did you mean 'wt103-base'?", Assert.Throws<InputException>(() => Preset.Find("wt103-bas")).Message, StringComparison.Ordinal);

    [Fact]
    public void Sizes_of_the_small_presets_follow_from_the_model_size()
    {
        AttentionConfiguration model = (AttentionConfiguration)RunSettings.Standard.Apply(LaptopPresets.Tiny).Apply(new SettingOrigin(SettingOriginKind.Option, "--model-size"), "model.modelSize", 48).For(65, out _).Model.Resolve();
        Assert.Equal((48, 4, 12, 128, 48), (model.ModelSize, model.Heads, model.HeadSize, model.InnerSize, model.EmbeddingSize));
    }
}
