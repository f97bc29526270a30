using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Tasks;
using Xunit;

namespace TransformerXL.Tests.Training.Masking;

/// <summary>The promises of language-model training hold for masked tokens.</summary>
public sealed class MaskedTrainingTests : IDisposable
{
    private static readonly VocabularyOptions s_vocabulary = new() { AddSpecialTokens = true };

    private static readonly Gen<(RunConfiguration Configuration, int Stop)> Cases =
        from positions in Gen.Elements(Enum.GetValues<EncoderPositions>())
        from unit in Gen.Elements(Enum.GetValues<MaskUnit>())
        from isStatic in Gen.Elements(true, false)
        from preNorm in Gen.Elements(true, false)
        from memory in Gen.Elements(0, 0, 10)
        from second in Gen.Elements(Enum.GetValues<SecondObjective>())
        from stop in Gen.Choose(1, 13)
        let masking = new MaskingOptions { Unit = unit, IsStatic = isStatic, Rate = 0.3, SecondObjective = memory == 0 ? second : SecondObjective.None }
        select (Configuration(TinyRun.Corpus(40, s_vocabulary), positions, masking, preNorm, memory), stop);

    private readonly CpuBackend _backend = new(null, 1);
    private readonly Corpus _corpus = TinyRun.Corpus(40, s_vocabulary);

    public void Dispose()
    {
        _backend.Dispose();
        _corpus.Dispose();
    }

    [Fact]
    public void A_stopped_training_goes_on_to_the_same_bits_with_any_number_of_threads()
    {
        using CpuBackend other = new(null, 3);
        Prop.ForAll(Cases.ToArbitrary(), drawn => Compare(drawn.Configuration, drawn.Stop, other)).Check(Config.QuickThrowOnFailure.WithMaxTest(12));
    }

    [Fact]
    public void A_training_has_the_same_bits_on_every_instruction_set()
    {
        foreach (EncoderPositions positions in Enum.GetValues<EncoderPositions>())
        {
            byte[] Train(Isa isa)
            {
                using CpuBackend backend = new(isa, 2);
                Trainer trainer = Trainer.Create(Configuration(_corpus, positions, null, false, 0), _corpus, backend);
                trainer.RunAsync().GetAwaiter().GetResult();
                return TinyRun.Weights(trainer.Model);
            }

            byte[] expected = Train(Isa.Scalar);
            foreach (Isa isa in Enum.GetValues<Isa>().Where(isa => isa != Isa.Scalar && CpuBackend.IsSupported(isa)))
            {
                Assert.True(expected.SequenceEqual(Train(isa)), $"{positions}, {isa}");
            }
        }
    }

    [Fact]
    public async Task An_encoder_learns_masked_tokens_better_than_guesses_by_frequency()
    {
        using Corpus corpus = TinyRun.Corpus(400, new VocabularyOptions { Kind = VocabularyKind.Words, AddSpecialTokens = true });
        RunConfiguration configuration = Configuration(corpus, EncoderPositions.Relative, null, false, 0);
        configuration = configuration with
        {
            Training = configuration.Training with { Steps = 300, LearningRate = 0.005, ValidateEvery = 100, BatchSize = 16 },
            Model = configuration.Model with { Dropout = 0 },
        };
        TinyRun.Collector reports = new();
        await Trainer.Create(configuration, corpus, _backend).RunAsync(reports);
        TaskReport[] validations = [.. reports.Reports.OfType<TaskReport>()];
        double Baseline(string name) => validations[^1].Baselines.Single(baseline => baseline.Name == name).Metrics[0].Value;
        Assert.True(Baseline("bigram") > Baseline("unigram"));
        Assert.True(validations[^1].Metrics[0].Value > Baseline("bigram") + 0.1, $"{validations[^1].Metrics[0].Value} beside {Baseline("bigram")}");
        Assert.True(validations[^1].Loss < validations[0].Loss);
        Assert.All(validations, validation => Assert.Equal(validations[0].Examples, validation.Examples));
    }

    [Fact]
    public void A_batch_has_pieces_between_special_tokens_and_is_a_function_of_seed_epoch_and_number()
    {
        MaskedBatches Batches() => new(_corpus.Train, Sequences.Create(_corpus.Train, _corpus.Vocabulary, new MaskingOptions(), 10, 5, continues: false), 3, 5, continues: false);
        MaskedBatches one = Batches(), other = Batches();
        int[] inputs = new int[30], targets = new int[30], again = new int[30], againTargets = new int[30];
        for (int epoch = 1; epoch <= 2; epoch++)
        {
            one.Seek(epoch, 0);
            for (int segment = 0; one.TryRead(inputs, targets, out SegmentShape shape); segment++)
            {
                Assert.Equal((10, 10, 3), (shape.InputRows, shape.TargetRows, shape.BatchSize));
                Assert.All(inputs[..3], id => Assert.Equal(_corpus.Vocabulary.ClassId, id));
                Assert.All(inputs[27..], id => Assert.Equal(_corpus.Vocabulary.SeparatorId, id));
                other.Seek(epoch, segment);
                Assert.True(other.TryRead(again, againTargets, out _));
                Assert.Equal(inputs, again);
                Assert.Equal(targets, againTargets);
            }
        }
    }

    [Fact]
    public async Task Masks_are_filled_and_texts_scored_with_a_trained_encoder()
    {
        using TemporaryFolder folder = new();
        RunConfiguration configuration = Configuration(_corpus, EncoderPositions.Learned, null, false, 0);
        await Trainer.Create(configuration, _corpus, _backend, folder["run"]).RunAsync();
        MaskFiller filler = new(ModelFolder.Load(folder["run"]), _backend);
        IReadOnlyList<FilledMask> filled = filler.Fill("th[MASK] c[MASK]t", 3);
        Assert.Equal([0, 1], filled.Select(mask => mask.Mask));
        Assert.All(filled, mask => Assert.Equal(3, mask.Tokens.Count));
        Assert.All(filled, mask => Assert.Equal(mask.Tokens.OrderByDescending(token => token.LogProbability), mask.Tokens));
        Assert.InRange(filler.Fill("th[MASK]", 100)[0].Tokens.Sum(token => Math.Exp(token.LogProbability)), 0.9999, 1.0001);
        Assert.Contains("has no [MASK]", Assert.Throws<InputException>(() => filler.Fill("the cat")).Message, StringComparison.Ordinal);
        Assert.Contains("the text has 20 tokens, but the model reads at most 10", Assert.Throws<InputException>(() => filler.Fill(new string('t', 19) + "[MASK]")).Message, StringComparison.Ordinal);

        // Each token is predicted from the others alone, whatever is computed beside it.
        const string Text = "the cat sees the dog.";
        TokenScore[] scores = filler.ScoreAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Text)), 2).ToBlockingEnumerable().ToArray();
        Assert.Equal(Text.Length, scores.Length);
        for (int i = 0; i < 10; i++)
        {
            FilledMask alone = filler.Fill(Text[..i] + MaskFiller.Mark + Text[(i + 1)..10], 100)[0];
            Assert.Equal(scores[i].Nll, -alone.Tokens.Single(token => token.Id == scores[i].Id).LogProbability, 1e-6);
        }
    }

    private bool Compare(RunConfiguration configuration, int stop, CpuBackend other)
    {
        using TemporaryFolder folder = new();
        Trainer whole = Trainer.Create(configuration, _corpus, other);
        TinyRun.Collector all = new(), second = new();
        whole.RunAsync(all).GetAwaiter().GetResult();
        using CancellationTokenSource source = new();
        TinyRun.Collector first = new(report =>
        {
            if (report is StepReport && report.Step == stop)
            {
                source.Cancel();
            }
        });
        Trainer.Create(configuration, _corpus, _backend, folder["run"]).RunAsync(first, source.Token).GetAwaiter().GetResult();
        Trainer resumed = Trainer.Resume(folder["run"], _corpus, _backend);
        resumed.RunAsync(second).GetAwaiter().GetResult();
        Assert.Equal(TinyRun.Weights(whole.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal(whole.Objective.HeadParameters.Select(parameter => parameter.Value.Span.ToArray()), resumed.Objective.HeadParameters.Select(parameter => parameter.Value.Span.ToArray()));
        Assert.Equal(all.Steps.Select(step => step.Loss), first.Steps.Concat(second.Steps).Select(step => step.Loss));
        return true;
    }

    private static RunConfiguration Configuration(Corpus corpus, EncoderPositions positions, MaskingOptions? masking, bool preNorm, int memory)
    {
        RunConfiguration configuration = TinyRun.Configuration(corpus, 14);
        ContextConfiguration context = new() { TargetLength = masking is { SecondObjective: not SecondObjective.None } ? 48 : 12, MemoryLength = memory };
        return configuration with
        {
            Context = context,
            Masking = masking,
            Model = new EncoderConfiguration { VocabularySize = 1, Layers = 2, ModelSize = 24, Heads = 2, InnerSize = 40, PreNorm = preNorm, Positions = positions, InitialDeviation = 0.1f, Dropout = 0.1f, AttentionDropout = 0.1f }.For(corpus.Vocabulary, context),
            Training = configuration.Training with { ValidationTokens = 60 },
        };
    }
}
