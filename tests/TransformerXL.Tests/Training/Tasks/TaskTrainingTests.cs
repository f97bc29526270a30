using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;
using Xunit;

namespace TransformerXL.Tests.Training.Tasks;

/// <summary>The promises of language-model training hold for every task on examples.</summary>
public sealed class TaskTrainingTests : IDisposable
{
    private static readonly Gen<(string Kind, TaskConfiguration Task, int Chunks, int Stop)> Cases =
        from kind in Gen.Elements(Kinds.WithEncoders.ToArray())
        from task in Gen.Elements(Enum.GetValues<TaskKind>())
        from pooling in Gen.Elements(Enum.GetValues<HeadPooling>())
        from ngrams in Gen.Elements(0, 2)
        from segments in Gen.Choose(1, 3)
        from chunks in Gen.Elements(1, 2)
        from freezes in Gen.Elements(false, false, true)
        from weight in Gen.Elements(0, 0.5)
        from decay in Gen.Elements(1, 0.7)
        from balances in Gen.Elements(true, false)
        from smoothing in Gen.Elements(0, 0.1)
        from layer in Gen.Elements(Enum.GetValues<LabelLayer>())
        let isCrf = task == TaskKind.Label && layer == LabelLayer.Crf
        from stop in Gen.Choose(1, 11)
        select (kind, new TaskConfiguration
        {
            Kind = task,
            Pooling = pooling == HeadPooling.First && kind != Kinds.Encoder ? HeadPooling.Last : pooling,
            NGrams = task == TaskKind.Classify ? ngrams : 0,
            Delay = task == TaskKind.Classify ? 0 : segments,
            SegmentsWithGradient = segments,
            FreezesBody = freezes,
            LanguageModelWeight = freezes || Kinds.IsEncoder(kind) || kind == Kinds.Encoder ? 0 : weight,
            LayerDecay = freezes ? 1 : decay,
            BalancesLabels = balances && task != TaskKind.Answer && !isCrf,
            LabelSmoothing = isCrf ? 0 : smoothing,
            LabelLayer = isCrf ? LabelLayer.Crf : LabelLayer.Softmax,
        }, chunks, stop);

    private readonly CpuBackend _backend = new(null, 2);
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Whatever_the_task_a_stopped_training_goes_on_to_the_same_bits_with_any_number_of_threads()
    {
        using CpuBackend other = new(null, 3);
        Prop.ForAll(Cases.ToArbitrary(), wanted => Compare(wanted.Kind, wanted.Task, wanted.Chunks, wanted.Stop, other)).Check(Config.QuickThrowOnFailure.WithMaxTest(25));
    }

    [Theory]
    [InlineData(TaskKind.Classify, "accuracy")]
    [InlineData(TaskKind.Label, "f1")]
    [InlineData(TaskKind.Label, "f1", LabelLayer.Crf)]
    [InlineData(TaskKind.Label, "f1", LabelLayer.Crf, "Lstm bidirectional")]
    [InlineData(TaskKind.Classify, "accuracy", LabelLayer.Softmax, "Gru bidirectional")]
    [InlineData(TaskKind.Label, "f1", LabelLayer.Softmax, "Gru bidirectional")]
    [InlineData(TaskKind.Answer, "exact_match", LabelLayer.Softmax, "Lstm bidirectional")]
    [InlineData(TaskKind.Answer, "exact_match")]
    public async Task A_task_is_learned_and_its_model_folder_tells_the_same(TaskKind kind, string metric, LabelLayer layer = LabelLayer.Softmax, string model = Kinds.TransformerXL)
    {
        TaskConfiguration task = new() { Kind = kind, Delay = kind == TaskKind.Label && !Kinds.IsEncoder(model) ? 1 : 0, SegmentsWithGradient = 3, Pooling = HeadPooling.Last, LabelLayer = layer };
        (CorpusOptions files, TaskExamples examples) = TaskFiles.Load(_folder, task, 400);
        RunConfiguration configuration = TaskFiles.Configuration(examples, files, task, model, steps: kind != TaskKind.Answer ? 300 : Kinds.IsEncoder(model) ? 1500 : 900);
        configuration = configuration with
        {
            Model = configuration.Model with { Dropout = 0 },
            Context = configuration.Context with { MemoryLength = 24 },
            Training = configuration.Training with { BatchSize = 16, LearningRate = 0.01, ValidateEvery = 100, CheckpointEvery = 100 },
        };
        TinyRun.Collector reports = new();
        Trainer trainer = Trainer.Create(configuration, wanted => examples.CreateTask(wanted, _backend), _backend, Run);
        TrainingState state = (await trainer.RunAsync(reports)).State;
        TaskReport best = reports.Reports.OfType<TaskReport>().Last(report => report.IsBest);
        Assert.Equal(metric, best.ChosenBy);
        Assert.True(best.Choosing.Value > (best.Choosing.Unit == "%" ? 90 : 0.9), $"{metric} is {best.Choosing.Value}");
        Assert.Equal(best.Choosing.Value, state.BestMetric);

        ModelFolder loaded = ModelFolder.Load(Run);
        Assert.Equal("best", loaded.Checkpoint);
        Assert.Equal(examples.Head.Labels, loaded.Head!.Configuration.Labels);
        ModelFolder.Save(_folder["model"], loaded.Model, loaded.Vocabulary, loaded.Configuration, loaded.Head);
        ModelFolder copied = ModelFolder.Load(_folder["model"]);
        Assert.Equal(TinyRun.Weights(loaded.Model), TinyRun.Weights(copied.Model));
        Assert.Equal(Head(loaded.Head.Parameters), Head(copied.Head!.Parameters));
    }

    [Fact]
    public async Task A_document_is_classified_by_its_first_word_with_a_memory_and_at_chance_without()
    {
        async Task<double> Accuracy(int memory)
        {
            TaskConfiguration task = new() { Pooling = HeadPooling.Last, SegmentsWithGradient = 1 };
            CorpusOptions files = new()
            {
                TrainPath = TaskFiles.Texts(_folder, 600, 40, 1, varies: false),
                ValidationPath = TaskFiles.Texts(_folder, 90, 40, 2, varies: false),
                Vocabulary = new() { Kind = Text.VocabularyKind.Words },
            };
            TaskExamples examples = TaskData.Load(files, task);
            RunConfiguration configuration = TaskFiles.Configuration(examples, files, task, steps: 200);
            configuration = configuration with
            {
                Model = configuration.Model with { Dropout = 0 },
                Context = configuration.Context with { MemoryLength = memory },
                Training = configuration.Training with { BatchSize = 16, LearningRate = 0.01, ValidateEvery = 50 },
            };
            TinyRun.Collector reports = new();
            await Trainer.Create(configuration, wanted => examples.CreateTask(wanted, _backend), _backend).RunAsync(reports);
            return reports.Reports.OfType<TaskReport>().Max(report => report.Choosing.Value);
        }

        Assert.True(await Accuracy(48) >= 0.99);
        // One of three colours is right by chance; the best of some validations is a little better.
        Assert.True(await Accuracy(0) < 0.5);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    public void The_gradient_is_the_slope_of_the_loss_if_it_flows_through_all_segments(int segments, bool isSlope)
    {
        TaskConfiguration task = new() { Pooling = HeadPooling.Last, SegmentsWithGradient = segments };
        (CorpusOptions files, TaskExamples examples) = TaskFiles.Load(_folder, task);
        RunConfiguration configuration = TaskFiles.Configuration(examples, files, task);
        foreach (string kind in Kinds.All.Where(kind => isSlope || kind == Kinds.TransformerXL))
        {
            RunConfiguration other = configuration with { Model = (configuration.Model with { Dropout = 0, InitialDeviation = 0.3f }).As(kind, rows: 6) };
            (double slope, double measured) = Slopes(examples.CreateTask(other, _backend), other);
            double tolerance = 0.02 * (Math.Abs(slope) + 0.1);
            Assert.True(Math.Abs(slope - measured) < tolerance == isSlope, $"{kind}: the gradient gives {slope}, differences give {measured}");
        }
    }

    [Fact]
    public void An_encoder_does_not_learn_to_predict_a_next_token_that_it_has_read()
    {
        TaskConfiguration task = new() { LanguageModelWeight = 0.5 };
        (CorpusOptions files, TaskExamples examples) = TaskFiles.Load(_folder, task);
        InputException refused = Assert.Throws<InputException>(() => examples.CreateTask(TaskFiles.Configuration(examples, files, task, "Lstm bidirectional"), _backend));
        Assert.Contains("the next one", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frozen_body_keeps_its_bits_and_its_head_learns()
    {
        TaskConfiguration task = new() { FreezesBody = true };
        (CorpusOptions files, TaskExamples examples) = TaskFiles.Load(_folder, task);
        RunConfiguration configuration = TaskFiles.Configuration(examples, files, task);
        Trainer trainer = Trainer.Create(configuration, wanted => examples.CreateTask(wanted, _backend), _backend);
        byte[] body = TinyRun.Weights(trainer.Model), head = Head(trainer.Objective.HeadParameters);
        await trainer.RunAsync();
        Assert.Equal(body, TinyRun.Weights(trainer.Model));
        Assert.NotEqual(head, Head(trainer.Objective.HeadParameters));
    }

    [Fact]
    public async Task A_task_begins_with_the_body_of_a_language_model()
    {
        using Corpus corpus = TinyRun.Corpus(100, new() { Kind = Text.VocabularyKind.Words });
        TaskConfiguration task = new() { LayerDecay = 0.5 };
        string file = TaskFiles.Texts(_folder, 30, 10, 1);
        RunConfiguration language = TinyRun.Configuration(corpus, 8);
        await Trainer.Create(language, corpus, _backend, _folder["language"]).RunAsync();
        ModelFolder initial = ModelFolder.Load(_folder["language"]);
        CorpusOptions files = new() { TrainPath = file, ValidationPath = file, Vocabulary = Text.VocabularyOptions.Of(initial.Vocabulary, initial.VocabularyFile) };
        TaskExamples examples = TaskData.Load(files, task);
        RunConfiguration configuration = TaskFiles.Configuration(examples, files, task) with { Model = language.Model, Context = language.Context };
        Trainer trainer = Trainer.Create(configuration, wanted => examples.CreateTask(wanted, _backend), _backend, Run, initial: initial);
        Assert.Equal(TinyRun.Weights(initial.Model), TinyRun.Weights(trainer.Model));
        // Two layers: the head learns at the full rate, each layer below at half of that above, the embedding last.
        Assert.Equal(1, trainer.Objective.RateFactorOf(trainer.Objective.HeadParameters[0]));
        Assert.Equal(0.5, trainer.Objective.RateFactorOf(trainer.Model.LayerParameters[1][0]));
        Assert.Equal(0.25, trainer.Objective.RateFactorOf(trainer.Model.LayerParameters[0][0]));
        Assert.Equal(0.125, trainer.Objective.RateFactorOf(trainer.Model.Embedding.Tables[0]));
        Assert.All(trainer.Model.Parameters.Where(parameter => parameter.Name is "r_w_bias" or "r_r_bias"), bias => Assert.Equal(0.125, trainer.Objective.RateFactorOf(bias)));
        Assert.True((await trainer.RunAsync()).Completed);
    }

    private static byte[] Head(IReadOnlyList<Parameter> head) => [.. head.SelectMany(parameter => System.Runtime.InteropServices.MemoryMarshal.AsBytes(parameter.Value.Span).ToArray())];

    private (double Slope, double Measured) Slopes(DocumentTask task, RunConfiguration configuration)
    {
        const float Distance = 2e-4f;
        // Three whole segments and a bit less, two documents.
        int[] inputs = [.. Enumerable.Range(0, 17 * 2).Select(i => 2 + (i * 5 % 9))];
        ModelState state = task.Model.CreateState(configuration.Context.MemoryLength, 2);
        Tape tape = new(_backend);
        Parameter[] parameters = [.. task.Model.Parameters, .. task.HeadParameters];
        double Loss()
        {
            tape.BeginTraining(1, 1);
            return task.Loss(tape, new Batch(inputs, [0, 1], 2), state, default).Value.Span[0];
        }

        Loss();
        tape.BeginTraining(1, 1);
        tape.Backward(task.Loss(tape, new Batch(inputs, [0, 1], 2), state, default));
        Tensors.Random.RandomStream random = new(5);
        float[][] direction = [.. parameters.Select(parameter => parameter.Value.Span.ToArray().Select(_ => (float)random.NextGaussian()).ToArray())];
        double slope = parameters.Zip(direction, (parameter, step) => parameter.HasGradient ? parameter.Gradient.Span.ToArray().Zip(step, (gradient, d) => (double)gradient * d).Sum() : 0).Sum();
        double Moved(float distance)
        {
            foreach ((Parameter parameter, float[] step) in parameters.Zip(direction))
            {
                for (int i = 0; i < step.Length; i++)
                {
                    parameter.Value.Span[i] += distance * step[i];
                }
            }

            return Loss();
        }

        double above = Moved(Distance), below = Moved(-2 * Distance);
        return (slope, (above - below) / (2 * Distance));
    }

    private void Compare(string kind, TaskConfiguration task, int chunks, int stop, CpuBackend otherThreads)
    {
        (CorpusOptions files, TaskExamples examples) = TaskFiles.Load(_folder, task);
        RunConfiguration configuration = TaskFiles.Configuration(examples, files, task, kind);
        configuration = configuration with { Training = configuration.Training with { BatchChunks = chunks } };
        TinyRun.Collector whole = new(), rest = new();
        Trainer uninterrupted = Trainer.Create(configuration, wanted => examples.CreateTask(wanted, _backend), _backend);
        TrainingState expected = uninterrupted.RunAsync(whole).GetAwaiter().GetResult().State;

        string folder = _folder[Guid.NewGuid().ToString("N")];
        using CancellationTokenSource stopping = new();
        TinyRun.Collector first = new(report => (report is StepReport && report.Step == stop ? stopping : null)?.Cancel());
        Trainer.Create(configuration, wanted => examples.CreateTask(wanted, otherThreads), otherThreads, folder).RunAsync(first, stopping.Token).GetAwaiter().GetResult();
        Trainer resumed = Trainer.Resume(folder, wanted => examples.CreateTask(wanted, otherThreads), otherThreads);
        TrainingState actual = resumed.RunAsync(rest).GetAwaiter().GetResult().State;
        Assert.Equal(TinyRun.Weights(uninterrupted.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal(Head(uninterrupted.Objective.HeadParameters), Head(resumed.Objective.HeadParameters));
        Assert.Equal(whole.Steps.Skip(stop).Select(step => step.Loss), rest.Steps.Select(step => step.Loss));
        Assert.Equal((expected.BestStep, expected.BestMetric, expected.BestValidationLoss, expected.TokensSeen), (actual.BestStep, actual.BestMetric, actual.BestValidationLoss, actual.TokensSeen));
    }
}
