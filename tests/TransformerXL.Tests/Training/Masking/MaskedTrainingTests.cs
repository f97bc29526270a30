using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
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
        Prop.ForAll(Cases.ToArbitrary(), drawn => Compare(drawn.Configuration, drawn.Stop, other, _corpus)).Check(Config.QuickThrowOnFailure.WithMaxTest(12));
    }

    [Theory]
    [InlineData(EncoderPositions.Learned, false, 0)]
    [InlineData(EncoderPositions.Relative, true, 10)]
    public async Task Layers_that_are_computed_again_give_the_same_bits(EncoderPositions positions, bool preNorm, int memory)
    {
        RunConfiguration configuration = Configuration(_corpus, positions, null, preNorm, memory);
        Trainer kept = Trainer.Create(configuration, _corpus, _backend), again = Trainer.Create(configuration with { Training = configuration.Training with { Recompute = true } }, _corpus, _backend);
        await kept.RunAsync();
        await again.RunAsync();
        Assert.All(kept.Model.Parameters.Zip(again.Model.Parameters), pair => Assert.Equal(pair.First.Value.Span, pair.Second.Value.Span));
    }

    [Theory]
    [InlineData(EncoderPositions.Learned, false, 4)]
    [InlineData(EncoderPositions.Sinusoidal, true, 11)]
    public void A_stopped_training_with_translations_goes_on_to_the_same_bits(EncoderPositions positions, bool isStatic, int stop)
    {
        using CpuBackend other = new(null, 3);
        using TemporaryFolder folder = new();
        using Corpus corpus = TranslationPairsTests.Prepare(folder, TranslationPairsTests.Lines("one", 40), TranslationPairsTests.Lines("two or", 40));
        RunConfiguration configuration = Configuration(corpus, positions, new MaskingOptions { Objective = PretrainingObjective.Translation, IsStatic = isStatic }, false, 0);
        Compare(configuration with { Model = (EncoderConfiguration)configuration.Model with { RestartsPositions = true } }, stop, other, corpus);
    }

    [Theory]
    [InlineData(EncoderPositions.Relative, false, 0, 4)]
    [InlineData(EncoderPositions.Relative, true, 10, 11)]
    [InlineData(EncoderPositions.Learned, false, 0, 9)]
    public void A_stopped_training_in_random_orders_goes_on_to_the_same_bits(EncoderPositions positions, bool preNorm, int memory, int stop)
    {
        using CpuBackend other = new(null, 3);
        RunConfiguration configuration = Configuration(_corpus, positions, new MaskingOptions { Objective = PretrainingObjective.Permutation, Rate = 1.0 / 6 }, preNorm, memory);
        Compare(configuration with { Model = (EncoderConfiguration)configuration.Model with { TwoStreams = true } }, stop, other, _corpus);
    }

    [Fact]
    public async Task A_model_learns_tokens_in_random_orders_better_than_guesses_and_fills_masks()
    {
        using TemporaryFolder folder = new();
        using Corpus corpus = TinyRun.Corpus(400, new VocabularyOptions { Kind = VocabularyKind.Words, AddSpecialTokens = true });
        RunConfiguration configuration = Configuration(corpus, EncoderPositions.Relative, new MaskingOptions { Objective = PretrainingObjective.Permutation, Rate = 1.0 / 6 }, false, 0);
        configuration = configuration with
        {
            Training = configuration.Training with { Steps = 300, LearningRate = 0.005, ValidateEvery = 100, BatchSize = 16 },
            Model = (EncoderConfiguration)configuration.Model with { Dropout = 0, TwoStreams = true },
        };
        TinyRun.Collector reports = new();
        await Trainer.Create(configuration, corpus, _backend, folder["run"]).RunAsync(reports);
        TaskReport last = reports.Reports.OfType<TaskReport>().Last();
        double bigram = last.Baselines.Single(baseline => baseline.Name == "bigram").Metrics[0].Value;
        Assert.True(last.Metrics[0].Value > bigram + 0.1, $"{last.Metrics[0].Value} beside {bigram}");
        Assert.Contains(new MaskFiller(ModelFolder.Load(folder["run"]), _backend).Fill("the [MASK] sees the dog.", 2)[0].Tokens, token => token.Text is "cat" or "dog" or "bird" or "fish");
    }

    [Fact]
    public void A_query_stream_does_not_depend_on_the_tokens_that_it_predicts()
    {
        RunConfiguration configuration = Configuration(_corpus, EncoderPositions.Relative, null, false, 0);
        EncoderModel model = new((EncoderConfiguration)configuration.Model with { TwoStreams = true }, 3);
        int[] ids = [.. Enumerable.Range(0, 8).Select(i => i % 5)], ranks = [0, 2, 0, 1, 0, 3, 0, 0];
        float[] States(params int[] changed)
        {
            int[] read = [.. ids];
            foreach (int place in changed)
            {
                read[place] = 6;
            }

            Tensors.Autodiff.Tape tape = new(_backend);
            tape.BeginEvaluation();
            return model.ForwardQueries(tape, tape.Allocate(read), ranks, model.CreateState(0, 1), configuration.Context, default).Value.Span.ToArray();
        }

        float[] Row(float[] states, int row) => states[(row * 24)..((row + 1) * 24)];
        float[] all = States();
        Assert.Equal(Row(all, 3), Row(States(1, 3, 5), 3));
        Assert.Equal(Row(all, 1), Row(States(1, 5), 1));
        Assert.NotEqual(Row(all, 1), Row(States(3), 1));
        Assert.Equal(Row(all, 5), Row(States(5), 5));
        Assert.NotEqual(Row(all, 5), Row(States(1), 5));
        Assert.NotEqual(Row(all, 3), Row(States(0), 3));
    }

    [Fact]
    public void Random_orders_predict_the_given_share_and_change_with_each_epoch()
    {
        (int[] Targets, int[] Ranks) Read(int epoch, bool isStatic)
        {
            MaskingOptions options = new() { Objective = PretrainingObjective.Permutation, Rate = 1.0 / 6, IsStatic = isStatic };
            Sequences sequences = Sequences.Create(_corpus.Train, _corpus.Vocabulary, options, 62, 5, continues: true);
            sequences.Begin(epoch);
            int[] ids = new int[62], targets = new int[62], ranks = new int[62];
            Assert.Equal(62, sequences.Read(2, ids, targets, ranks));
            for (int i = 0; i < 62; i++)
            {
                Assert.Equal(targets[i] != Masker.NoTarget, ranks[i] > 0);
                Assert.True(ranks[i] == 0 || targets[i] == ids[i]);
            }

            return (targets, ranks);
        }

        int[] ranks = Read(1, false).Ranks;
        Assert.Equal([.. Enumerable.Repeat(0, 52), .. Enumerable.Range(1, 10)], ranks.Order());
        Assert.Equal(ranks, Read(1, false).Ranks);
        Assert.NotEqual(ranks, Read(2, false).Ranks);
        Assert.Equal(Read(1, true).Ranks, Read(2, true).Ranks);
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
    public void A_validation_of_fewer_tokens_than_the_first_pair_has_measures_that_pair()
    {
        using TemporaryFolder folder = new();
        using Corpus corpus = TranslationPairsTests.Prepare(folder, TranslationPairsTests.Lines("a line of words", 40), TranslationPairsTests.Lines("of words a line", 40));
        TaskReport Validate(int tokens)
        {
            RunConfiguration configuration = Configuration(corpus, EncoderPositions.Learned, new MaskingOptions { Objective = PretrainingObjective.Translation }, false, 0);
            MaskedTask task = new(configuration with { Training = configuration.Training with { ValidationTokens = tokens } }, corpus, _backend);
            return Assert.IsType<TaskReport>(task.Validate(1, null, default));
        }

        // A pair has 2 * 20 tokens.
        TaskReport one = Validate(40), two = Validate(80);
        Assert.All(new[] { 1, 19, 20, 39, 41, 79 }, tokens => Assert.Equal((one.Loss, one.Examples), (Validate(tokens).Loss, Validate(tokens).Examples)));
        Assert.True(0 < one.Examples && one.Examples < two.Examples);
    }

    [Fact]
    public async Task A_training_begins_with_the_head_of_the_second_objective_of_another()
    {
        using TemporaryFolder folder = new();
        RunConfiguration configuration = Configuration(_corpus, EncoderPositions.Learned, new MaskingOptions { SecondObjective = SecondObjective.SentenceOrder }, false, 0);
        await Trainer.Create(configuration, _corpus, _backend, folder["run"]).RunAsync();
        ModelFolder trained = ModelFolder.Load(folder["run"]);
        TaskHead expected = SecondHead.Load(trained)!, labels = new(new HeadConfiguration { Labels = ["a", "b"], Pooling = HeadPooling.First }, expected.Size);
        Trainer trainer = Trainer.Create(configuration with { Training = configuration.Training with { Seed = 5 } }, _corpus, _backend, initial: trained);
        Assert.Equal(Values(expected.Parameters), Values(trainer.Objective.HeadParameters));

        InitialWeights.CopyHead(trained, labels);
        Assert.Equal(Values(expected.Parameters.Where(IsOfPooler)), Values(labels.Parameters.Where(IsOfPooler)));
        Assert.NotEqual(Values(expected.Parameters), Values(labels.Parameters));

        static bool IsOfPooler(Parameter parameter) => parameter.Name.StartsWith("pooler.", StringComparison.Ordinal);
        static IEnumerable<float[]> Values(IEnumerable<Parameter> parameters) => parameters.Select(parameter => parameter.Value.Span.ToArray());
    }

    [Theory]
    [InlineData(SecondObjective.None, 1)]
    [InlineData(SecondObjective.None, 2)]
    [InlineData(SecondObjective.SentenceOrder, 1)]
    [InlineData(SecondObjective.NextSentence, 4)]
    public void Segments_that_are_too_short_to_measure_are_refused_with_their_length(SecondObjective second, int length)
    {
        RunConfiguration configuration = Configuration(_corpus, EncoderPositions.Relative, new MaskingOptions { SecondObjective = second }, false, 0);
        MaskedTask task = new(configuration, _corpus, _backend);
        MaskedMeasurement measurement = new(_corpus.Vocabulary, null, configuration.Masking, SecondHead.Create(configuration.Masking!, task.Model.Configuration, 1));
        ContextConfiguration context = new() { TargetLength = length, MemoryLength = 0 };
        InputException error = Assert.Throws<InputException>(() => measurement.Run(task.Model, _backend, _corpus.Validation, context, 0, null, default));
        Assert.StartsWith($"segments of {length} {(length == 1 ? "token" : "tokens")} have no room for", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Segments_of_one_token_are_measured_where_a_memory_precedes_them()
    {
        RunConfiguration configuration = Configuration(_corpus, EncoderPositions.Relative, null, false, 10);
        MaskedTask task = new(configuration, _corpus, _backend);
        MaskedMeasurement measurement = new(_corpus.Vocabulary, null);
        Assert.True(measurement.Run(task.Model, _backend, _corpus.Validation, new() { TargetLength = 1, MemoryLength = 10 }, 0, null, default).Examples > 0);
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

    private bool Compare(RunConfiguration configuration, int stop, CpuBackend other, Corpus corpus)
    {
        using TemporaryFolder folder = new();
        Trainer whole = Trainer.Create(configuration, corpus, other);
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
        Trainer.Create(configuration, corpus, _backend, folder["run"]).RunAsync(first, source.Token).GetAwaiter().GetResult();
        Trainer resumed = Trainer.Resume(folder["run"], corpus, _backend);
        resumed.RunAsync(second).GetAwaiter().GetResult();
        Assert.Equal(TinyRun.Weights(whole.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal(whole.Objective.HeadParameters.Select(parameter => parameter.Value.Span.ToArray()), resumed.Objective.HeadParameters.Select(parameter => parameter.Value.Span.ToArray()));
        Assert.Equal(all.Steps.Select(step => step.Loss), first.Steps.Concat(second.Steps).Select(step => step.Loss));
        return true;
    }

    private static RunConfiguration Configuration(Corpus corpus, EncoderPositions positions, MaskingOptions? masking, bool preNorm, int memory)
    {
        RunConfiguration configuration = TinyRun.Configuration(corpus, 14);
        ContextConfiguration context = new() { TargetLength = masking is { SecondObjective: not SecondObjective.None } or { Objective: PretrainingObjective.Translation } ? 48 : 12, MemoryLength = memory };
        return configuration with
        {
            Context = context,
            Masking = masking,
            Model = new EncoderConfiguration { VocabularySize = 1, Layers = 2, ModelSize = 24, Heads = 2, InnerSize = 40, PreNorm = preNorm, Positions = positions, InitialDeviation = 0.1f, Dropout = 0.1f, AttentionDropout = 0.1f }.For(corpus.Vocabulary, context),
            Training = configuration.Training with { ValidationTokens = 60 },
        };
    }
}
