using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Footprint;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training.Schedules;

public sealed class MemoryScheduleTests
{
    private static readonly ContextConfiguration Context = new() { TargetLength = 4, MemoryLength = 8, ClampLength = 12 };
    private static readonly TrainingConfiguration Training = new() { LongMemoryLength = 64, LongMemoryShare = 0.25, BatchSize = 1 };
    private static readonly TransformerXLConfiguration Model = new() { VocabularySize = 11, Layers = 2, ModelSize = 8, Heads = 2, Dropout = 0 };

    [Fact]
    public void Without_a_long_memory_every_step_reads_that_of_the_context()
    {
        MemorySchedule schedule = new(Context, new TrainingConfiguration());
        Assert.All(Enumerable.Range(1, 100), step => Assert.Equal(8, schedule.LengthAt(step)));
        Assert.Equal(8, schedule.Longest);
        Assert.Equal(1, schedule.MeanCost(Model, 4, 1));
    }

    [Fact]
    public void A_share_of_the_steps_reads_up_to_the_longest_and_half_of_them_no_more_than_its_geometric_middle()
    {
        MemorySchedule schedule = new(Context, Training);
        int[] lengths = [.. Enumerable.Range(1, 40_000).Select(step => schedule.LengthAt(step))];
        int[] longer = [.. lengths.Where(length => length > 8)];
        Assert.All(lengths, length => Assert.InRange(length, 8, 64));
        // A length that rounds to the usual one is counted as usual: 3 % of a quarter.
        Assert.InRange((double)longer.Length / lengths.Length, 0.23, 0.26);
        Assert.InRange(longer.Count(length => length <= 22) / (double)longer.Length, 0.45, 0.52);
        Assert.Contains(64, lengths);
        Assert.Equal(64, schedule.Longest);
    }

    [Fact]
    public void The_lengths_depend_on_the_seed_and_on_nothing_else()
    {
        int[] Lengths(ulong seed) => [.. Enumerable.Range(1, 50).Select(step => new MemorySchedule(Context, Training with { Seed = seed }).LengthAt(step))];
        Assert.Equal(Lengths(1), Lengths(1));
        Assert.NotEqual(Lengths(1), Lengths(2));
    }

    [Fact]
    public void The_mean_cost_lies_between_that_of_the_usual_and_of_the_longest_memory()
    {
        double cost = new MemorySchedule(Context, Training with { LongMemoryShare = 1 }).MeanCost(Model, 4, 1);
        Assert.InRange(cost, 1.2, ModelCost.Training(Model, 4, 64, 1) / ModelCost.Training(Model, 4, 8, 1));
    }

    [Fact]
    public void A_memory_that_is_read_in_part_gives_what_a_memory_of_that_length_gives_and_keeps_the_rest()
    {
        using CpuBackend backend = new(null, 1);
        LanguageModel model = LanguageModel.Create(Model, 3);
        HiddenMemory whole = (HiddenMemory)model.CreateState(16, 1), part = (HiddenMemory)model.CreateState(16, 1), small = (HiddenMemory)model.CreateState(8, 1);
        Read(model, backend, whole, 0, 16);
        Read(model, backend, part, 0, 16);
        for (int layer = 0; layer < Model.Layers; layer++)
        {
            small.Restore(layer, 8, whole[layer].Slice(8, 8).Span);
        }

        part.ReadLength = 8;
        float[] wholeHidden = Read(model, backend, whole, 16, 4), partHidden = Read(model, backend, part, 16, 4);
        Assert.Equal(Read(model, backend, small, 16, 4), partHidden);
        Assert.NotEqual(wholeHidden, partHidden);
        Assert.Equal(16, part.Rows);
        // The first layer remembers embeddings, which no context changes.
        Assert.Equal(whole[0].Span.ToArray(), part[0].Span.ToArray());
    }

    [Theory]
    [InlineData(true, 8, 12, false, 64, "relative positions")]
    [InlineData(false, 8, 12, false, 8, "above context.memoryLength, 8")]
    [InlineData(false, 8, 0, false, 64, "context.clampLength")]
    [InlineData(false, 8, 12, true, 64, "context.sameLength")]
    public void A_long_memory_that_has_no_meaning_is_refused(bool absolute, int memory, int clamp, bool sameLength, int length, string named)
    {
        RunConfiguration configuration = new()
        {
            Model = absolute ? new VaswaniConfiguration { VocabularySize = 11, Layers = 2, ModelSize = 8, Heads = 2 } : Model,
            Context = new ContextConfiguration { TargetLength = 4, MemoryLength = memory, ClampLength = clamp, SameLength = sameLength },
            Training = new TrainingConfiguration { LongMemoryLength = length },
        };
        Assert.Contains(named, Assert.Throws<InputException>(configuration.Validate).Message, StringComparison.Ordinal);
        (configuration with { Training = new TrainingConfiguration() }).Validate();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    public void A_share_outside_its_range_is_refused(double share) =>
        Assert.Throws<InputException>(() => new TrainingConfiguration { LongMemoryShare = share }.Validate());

    [Fact]
    public void The_estimate_of_memory_counts_the_longest()
    {
        RunConfiguration configuration = new() { Model = Model, Context = Context, Training = new TrainingConfiguration() };
        double usual = MemoryEstimate.OfTraining(configuration).Total, large = MemoryEstimate.OfTraining(configuration with { Training = new() { LongMemoryLength = 4096 } }).Total;
        Assert.True(large > usual + (4096L * 16 * 8 * 2 * sizeof(float)), $"{large} with a long memory, {usual} without");
    }

    [Fact]
    public async Task A_training_with_a_long_memory_differs_from_one_without()
    {
        using Corpus corpus = TinyRun.Corpus(60);
        using CpuBackend backend = new(null, 1);
        RunConfiguration usual = TinyRun.Configuration(corpus, 12);
        usual = usual with { Context = usual.Context with { ClampLength = 24 } };
        RunConfiguration varied = usual with { Training = usual.Training with { LongMemoryLength = 60, LongMemoryShare = 0.9 } };
        Trainer first = Trainer.Create(usual, corpus, backend), second = Trainer.Create(varied, corpus, backend);
        await first.RunAsync();
        await second.RunAsync();
        Assert.NotEqual(TinyRun.Weights(first.Model), TinyRun.Weights(second.Model));
    }

    private static float[] Read(LanguageModel model, CpuBackend backend, HiddenMemory state, int first, int count)
    {
        Tape tape = new(backend);
        tape.BeginEvaluation();
        int[] ids = [.. Enumerable.Range(first, count).Select(i => i * 7 % 11)];
        ContextConfiguration context = new() { TargetLength = count, MemoryLength = 16 };
        return model.Forward(tape, tape.Allocate(ids), state, context).Value.Span.ToArray();
    }
}
