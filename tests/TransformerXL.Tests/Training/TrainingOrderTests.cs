using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>Training in each order of the text.</summary>
public sealed class TrainingOrderTests
{
    public static TheoryData<SegmentOrder, int> Rounds
    {
        get
        {
            TheoryData<SegmentOrder, int> rounds = [];
            foreach (SegmentOrder order in Enum.GetValues<SegmentOrder>())
            {
                for (int round = 0; round < 5; round++)
                {
                    rounds.Add(order, round);
                }
            }

            return rounds;
        }
    }

    [Theory]
    [MemberData(nameof(Rounds))]
    public async Task A_stopped_training_goes_on_to_the_same_bits(SegmentOrder order, int round)
    {
        Random random = new(((int)order * 100) + round);
        using Corpus corpus = TinyRun.Corpus(40);
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        RunConfiguration configuration = Random(corpus, order, random);
        TinyRun.Collector whole = new(), second = new();
        Trainer uninterrupted = Trainer.Create(configuration, corpus, backend);
        await uninterrupted.RunAsync(whole);
        Assert.True(uninterrupted.State.Epoch > 1);

        int stopAfter = random.Next(1, (int)configuration.Training.Steps);
        using CancellationTokenSource stop = new();
        TinyRun.Collector first = new(report =>
        {
            if (report is StepReport && report.Step == stopAfter)
            {
                stop.Cancel();
            }
        });
        TrainingResult stopped = await Trainer.Create(configuration, corpus, backend, folder["run"]).RunAsync(first, stop.Token);
        Assert.Equal(stopAfter, stopped.State.Step);
        Trainer resumed = Trainer.Resume(folder["run"], corpus, backend);
        TrainingResult result = await resumed.RunAsync(second);

        Assert.Equal(whole.Steps.Select(s => s.Loss), first.Steps.Concat(second.Steps).Select(s => s.Loss));
        Assert.Equal(TinyRun.Weights(uninterrupted.Model), TinyRun.Weights(resumed.Model));
        Assert.Equal(
            (uninterrupted.State.Epoch, uninterrupted.State.NextSegment, uninterrupted.State.TokensSeen),
            (result.State.Epoch, result.State.NextSegment, result.State.TokensSeen));
    }

    [Fact]
    public async Task Orders_give_other_weights()
    {
        using Corpus corpus = TinyRun.Corpus(60);
        using CpuBackend backend = new();
        List<byte[]> weights = [];
        foreach (SegmentOrder order in Enum.GetValues<SegmentOrder>())
        {
            RunConfiguration configuration = TinyRun.Configuration(corpus, 6);
            Trainer trainer = Trainer.Create(configuration with { Training = configuration.Training with { Order = order } }, corpus, backend);
            await trainer.RunAsync();
            weights.Add(TinyRun.Weights(trainer.Model));
        }

        Assert.Equal(4, weights.DistinctBy(Convert.ToHexString).Count());
    }

    [Fact]
    public void A_warm_step_of_varying_length_allocates_nothing()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(null, 1);
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        LanguageModel model = LanguageModel.Create(configuration.Model);
        ModelState memory = model.CreateState(20, 4);
        Tape tape = new(backend);
        VariableBatches batches = new(corpus.Train, 4, 12, 0, new VariableLengths(), 1);
        int[] inputs = new int[batches.MaxShape.InputCount], targets = new int[batches.MaxShape.TargetCount];
        HashSet<int> lengths = [];
        void Epoch(int epoch)
        {
            batches.Seek(epoch, 0);
            for (int i = 0; i < 100 && batches.TryRead(inputs, targets, out SegmentShape shape); i++)
            {
                lengths.Add(shape.TargetRows);
                tape.BeginTraining(1, (uint)i);
                Variable hidden = model.Forward(tape, tape.Allocate(inputs.AsSpan(0, shape.InputCount)), memory, configuration.Context);
                tape.Backward(model.Loss(tape, hidden, tape.Allocate(targets.AsSpan(0, shape.TargetCount))));
            }
        }

        // Once to fill the memory, once to meet every length with a full one.
        Epoch(1);
        Epoch(1);
        Assert.True(lengths.Count > 15);
        long reserved = tape.BytesReserved, least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Epoch(1);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // Going to the beginning of an epoch makes a random stream.
        Assert.InRange(least, 0, 100);
        Assert.Equal(reserved, tape.BytesReserved);
    }

    [Fact]
    public void Sentences_of_a_text_without_lines_are_refused()
    {
        using Corpus corpus = Corpus.FromText(string.Concat(Enumerable.Repeat("all in one line. ", 100)));
        using CpuBackend backend = new();
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        InputException error = Assert.Throws<InputException>(
            () => Trainer.Create(configuration with { Training = configuration.Training with { Order = SegmentOrder.Sentences } }, corpus, backend));
        Assert.Contains("no newline", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_behind_the_end_of_the_text_is_named()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus, 6), corpus, backend, folder["run"]);
        await trainer.RunAsync();
        string state = Path.Combine(trainer.Run!.LastCheckpoint, "state.json");
        File.WriteAllText(state, File.ReadAllText(state).Replace("\"nextSegment\": 6", "\"nextSegment\": 3000000", StringComparison.Ordinal));
        InputException error = Assert.Throws<InputException>(() => Trainer.Resume(folder["run"], corpus, backend));
        Assert.Contains($"{trainer.Run.LastCheckpoint}: the training text has only", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_from_before_there_were_orders_is_ordered()
    {
        using Corpus corpus = TinyRun.Corpus();
        using TemporaryFolder folder = new();
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        RunDirectory run = RunDirectory.Create(folder["run"], configuration, corpus.Vocabulary);
        string path = Path.Combine(folder["run"], "config.json");
        string text = System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(path), "\"order\".*?\"variableLengths\": \\{.*?\\},", "", System.Text.RegularExpressions.RegexOptions.Singleline);
        Assert.DoesNotContain("variableLengths", text, StringComparison.Ordinal);
        File.WriteAllText(path, text);
        Assert.Equal(configuration.Training, run.ReadConfiguration().Training);
    }

    private static RunConfiguration Random(Corpus corpus, SegmentOrder order, Random random)
    {
        RunConfiguration tiny = TinyRun.Configuration(corpus, 40);
        return tiny with
        {
            Context = tiny.Context with { TargetLength = random.Next(8, 24), MemoryLength = random.Next(0, 30), ExtendedLength = random.Next(3) * random.Next(1, 30) },
            Training = tiny.Training with
            {
                Order = order,
                VariableLengths = new VariableLengths { HalfShare = 0.3, Deviation = random.Next(0, 6), Minimum = random.Next(1, 6) },
                BatchChunks = 1 << random.Next(3),
                Seed = (ulong)random.Next(),
                ValidateEvery = 0,
                CheckpointEvery = random.Next(1, 50),
                SampleTokens = 0,
            },
        };
    }
}
