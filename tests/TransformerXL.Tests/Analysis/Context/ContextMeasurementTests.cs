using TransformerXL.Analysis.Context;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Analysis.Context;

public class ContextMeasurementTests
{
    private static readonly ContextPlan Plan = new() { Start = 3, Delta = 4, Maximum = 19, Positions = 40 };
    private static readonly CpuBackend Backend = new(threads: 1);

    public static TheoryData<string, int> Models => new()
    {
        { Kinds.TransformerXL, 6 }, { Kinds.TransformerXL, 0 }, { Kinds.Shaw, 6 }, { Kinds.Shaw, 0 },
        { Kinds.Vaswani, 6 }, { Kinds.Vaswani, 0 }, { Kinds.AlRfou, 6 }, { Kinds.AlRfou, 0 }, { Kinds.Lstm, 0 },
    };

    /// <summary>Segments of 7 with the last one whole, by the model itself and a memory that nothing else has used.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Each_loss_is_that_of_a_model_that_has_read_those_tokens_and_no_others(string kind, int memory)
    {
        ContextConfiguration training = new() { TargetLength = 7, MemoryLength = memory };
        LanguageModel model = Model(kind);
        TokenFile text = Text(model, 90);
        LossTable table = new ContextMeasurement("m", model, training, Backend).Measure(text, Plan);
        IReadOnlyList<long> positions = Plan.PositionsIn(text.Count);
        Assert.Equal(positions.Count, table.Positions);
        for (int row = 0; row < table.Lengths.Count; row++)
        {
            for (int i = 0; i < positions.Count; i += 3)
            {
                Assert.Equal(Expected(model, training, text, positions[i], table.Lengths[row]), table.At(row)[i], 1e-4f);
            }
        }
    }

    [Fact]
    public void A_model_that_reads_eight_tokens_has_an_effective_context_of_eight()
    {
        // Without recurrence a window of 8 is all that it reads.
        LanguageModel model = Model(Kinds.TransformerXL);
        LossTable table = new ContextMeasurement("m", model, new ContextConfiguration { TargetLength = 8, MemoryLength = 0 }, Backend)
            .Measure(Text(model, 200), new ContextPlan { Start = 2, Delta = 2, Maximum = 16, Positions = 60 });
        Assert.NotEqual(table.At(2).ToArray(), table.At(3).ToArray());
        for (int row = 4; row < table.Lengths.Count; row++)
        {
            Assert.Equal(table.At(3).ToArray(), table.At(row).ToArray());
        }

        ContextLength length = EffectiveContext.Relative([table], 0.5)[0];
        Assert.Equal((8, false), (length.Tokens, length.IsAtLeast));
    }

    [Fact]
    public void Progress_counts_up_to_the_end()
    {
        LanguageModel model = Model(Kinds.TransformerXL);
        List<ContextProgress> reports = [];
        new ContextMeasurement("m", model, new ContextConfiguration { TargetLength = 7, MemoryLength = 6 }, Backend).Measure(Text(model, 90), Plan, new Collector(reports));
        Assert.Equal((reports[^1].TotalTokens, TimeSpan.Zero, "m"), (reports[^1].Tokens, reports[^1].TimeLeft, reports[^1].Name));
    }

    [Fact]
    public void A_measurement_can_be_cancelled()
    {
        LanguageModel model = Model(Kinds.TransformerXL);
        using CancellationTokenSource stop = new();
        stop.Cancel();
        ContextMeasurement measurement = new("m", model, new ContextConfiguration(), Backend);
        Assert.Throws<OperationCanceledException>(() => measurement.Measure(Text(model, 90), Plan, null, stop.Token));
    }

    private static float Expected(LanguageModel model, ContextConfiguration training, TokenFile text, long position, int length)
    {
        bool recurrent = training.MemoryLength > 0 || model.Configuration.Family.Kind == Kinds.Lstm;
        int count = recurrent ? length : Math.Min(length, training.TargetLength);
        int[] ids = new int[count + 1];
        text.Read(position - count, ids);

        // The memory and clamp length of evaluation; the memory of a model that sees so far holds the whole window.
        ContextConfiguration context = Inference(training);
        Tape tape = new(Backend);
        ModelState memory = model.CreateState(context.MemoryLength, 1);
        bool oneByOne = recurrent && model.Configuration.Family.Kind == Kinds.TransformerXL;
        float loss = 0;
        for (int done = 0; done < count;)
        {
            int segment = oneByOne ? 1 : (count - done) % 7 == 0 ? 7 : (count - done) % 7;
            tape.BeginEvaluation();
            Variable hidden = model.Forward(tape, tape.Allocate(ids.AsSpan(done, segment)), memory, context);
            Tensor perToken = tape.Allocate(new Shape(segment));
            model.Loss(tape, hidden, tape.Allocate(ids.AsSpan(done + 1, segment)), perToken);
            loss = perToken.Span[^1];
            done += segment;
        }

        return loss;
    }

    private static ContextConfiguration Inference(ContextConfiguration training)
    {
        ContextConfiguration context = TransformerXL.Inference.EvaluationOptions.ForTrained(training).Context;
        return context with { MemoryLength = training.MemoryLength == 0 ? 0 : context.MemoryLength };
    }

    private static LanguageModel Model(string kind)
    {
        TransformerXLConfiguration configuration = new() { VocabularySize = 29, Layers = 2, ModelSize = 24, Heads = 3, InitialDeviation = 0.2f, ProjectionDeviation = 0.2f };
        return LanguageModel.Create(configuration.As(kind, rows: 7), seed: 7);
    }

    private static TokenFile Text(LanguageModel model, int count)
    {
        Random random = new(11);
        return TokenFile.FromIds([.. Enumerable.Range(0, count).Select(_ => random.Next(model.Configuration.VocabularySize))], model.Configuration.VocabularySize);
    }

    private sealed class Collector(List<ContextProgress> reports) : IProgress<ContextProgress>
    {
        public void Report(ContextProgress value) => reports.Add(value);
    }
}
