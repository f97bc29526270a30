using System.Text;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

public sealed class EvaluatorTests : IDisposable
{
    private static readonly ContextConfiguration Context = new() { TargetLength = 8, MemoryLength = 12 };

    private readonly TransformerXLModel _model = SmallModels.Plain;
    private readonly CpuBackend _backend = new(threads: 2);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_whole_text_is_weighted_token_by_token(int streams)
    {
        TokenFile tokens = TokenFile.FromIds(SmallModels.RandomIds(110, _model), 29);
        EvaluationResult result = Evaluate(tokens, new EvaluationOptions { Context = Context, BatchSize = streams });
        SegmentBatches whole = new(tokens, streams, 200);
        int[] inputs = new int[whole.MaxShape.InputCount], targets = new int[whole.MaxShape.TargetCount];
        whole.Read(0, inputs, targets);
        float[] expected = SmallModels.NllByHiddenStates(_model, _backend, [.. inputs, .. targets[^streams..]], streams, Context);
        Assert.Equal(expected.Length, result.Tokens);
        Assert.Equal(expected.Sum(value => (double)value), result.NllSum, 1e-3);
        Assert.Equal(result.NllSum / expected.Length, result.MeanNll);
        Assert.Equal(Math.Exp(result.MeanNll), result.Perplexity);
    }

    [Fact]
    public void An_extended_context_is_read_with_hidden_states()
    {
        TokenFile tokens = TokenFile.FromIds(SmallModels.RandomIds(60, _model), 29);
        ContextConfiguration context = Context with { MemoryLength = 0 };
        EvaluationResult without = Evaluate(tokens, new EvaluationOptions { Context = context });
        EvaluationResult with = Evaluate(tokens, new EvaluationOptions { Context = context with { ExtendedLength = 4 } });
        Assert.Equal(without.Tokens, with.Tokens);
        Assert.NotEqual(without.NllSum, with.NllSum, 1e-3);
        EvaluationResult beyond = Evaluate(tokens, new EvaluationOptions { Context = context with { TargetLength = 100, ExtendedLength = 4 } });
        EvaluationResult whole = Evaluate(tokens, new EvaluationOptions { Context = context with { TargetLength = 100 } });
        Assert.Equal(whole.NllSum, beyond.NllSum, 1e-3);
    }

    [Fact]
    public void A_memory_longer_than_the_text_costs_nothing_and_changes_nothing()
    {
        TokenFile tokens = TokenFile.FromIds(SmallModels.RandomIds(60, _model), 29);
        EvaluationResult enough = Evaluate(tokens, new EvaluationOptions { Context = Context with { MemoryLength = 60 } });
        EvaluationResult huge = Evaluate(tokens, new EvaluationOptions { Context = Context with { MemoryLength = 1 << 20, SameLength = true } });
        Assert.Equal(enough.NllSum, huge.NllSum, 1e-3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Bits_per_character_divide_by_the_characters_of_predicted_tokens(int streams)
    {
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 256, Layers = 1, ModelSize = 8, Heads = 1 });
        string text = "Ünïcode: 漢字, emoji 🐧 and plain letters — aé漢🐧aé漢🐧b";
        ByteVocabulary vocabulary = new();
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        TokenFile tokens = TokenFile.FromIds(vocabulary.Encode(text), 256, text.EnumerateRunes().Count());
        EvaluationResult result = new Evaluator(model, _backend, vocabulary).Evaluate(tokens, new EvaluationOptions { Context = Context, BatchSize = streams });
        int length = utf8.Length / streams;
        IEnumerable<int> predicted = Enumerable.Range(0, length * streams).Where(place => place % length != 0);
        Assert.Equal(predicted.Count(place => (utf8[place] & 0xC0) != 0x80), result.Characters);
        Assert.Equal(result.NllSum / Math.Log(2) / result.Characters, result.BitsPerCharacter);
        Assert.Equal(predicted.Count(), result.Bytes);
        Assert.Equal(result.NllSum / Math.Log(2) / result.Bytes, result.BitsPerByte);
        Assert.Equal(result.MeanNll / Math.Log(2), result.BitsPerByte!.Value, 1e-9);
    }

    [Fact]
    public void Progress_ends_with_the_result_and_time_comes_from_the_clock()
    {
        TokenFile tokens = TokenFile.FromIds(SmallModels.RandomIds(3000, _model), 29);
        List<EvaluationProgress> reports = [];
        EvaluationResult result = new Evaluator(_model, _backend, clock: new TickingClock())
            .Evaluate(tokens, new EvaluationOptions { Context = Context }, new Reports(reports));
        Assert.True(reports.Count > 5);
        Assert.Equal((result.Tokens, result.NllSum), (reports[^1].Tokens, reports[^1].NllSum));
        Assert.Equal(reports[^1].TotalSegments, reports[^1].Segments);
        Assert.Equal(result.Tokens / result.Elapsed.TotalSeconds, result.TokensPerSecond);
    }

    [Fact]
    public void A_cancelled_evaluation_ends()
    {
        TokenFile tokens = TokenFile.FromIds(SmallModels.RandomIds(100, _model), 29);
        Assert.Throws<OperationCanceledException>(() => new Evaluator(_model, _backend)
            .Evaluate(tokens, new EvaluationOptions { Context = Context }, cancellationToken: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void What_cannot_be_evaluated_is_named()
    {
        TokenFile other = TokenFile.FromIds([1, 2, 3], 30);
        InputException vocabulary = Assert.Throws<InputException>(() => Evaluate(other, new EvaluationOptions { Context = Context }));
        Assert.Contains("30 tokens, but the model has 29", vocabulary.Message, StringComparison.Ordinal);
        TokenFile tokens = TokenFile.FromIds([1, 2, 3], 29);
        InputException batch = Assert.Throws<InputException>(() => Evaluate(tokens, new EvaluationOptions { Context = Context, BatchSize = 0 }));
        Assert.Contains("batch size is 0", batch.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(512, 512, 0, 128, 1408, 1023)]
    [InlineData(128, 128, 0, 128, 256, 255)]
    [InlineData(150, 150, 100, 128, 322, 100)]
    [InlineData(64, 0, 0, 64, 0, 63)]
    [InlineData(512, 0, 0, 128, 384, 511)]
    [InlineData(16, 1_000_000, 0, 16, 1_048_576, 1_000_015)]
    [InlineData(1_048_576, 1_048_576, 0, 128, 1_048_576, 1_048_576)]
    public void A_trained_model_is_evaluated_with_a_longer_memory_and_no_new_distance(
        int target, int memory, int clamp, int expectedTarget, int expectedMemory, int expectedClamp)
    {
        EvaluationOptions options = EvaluationOptions.ForTrained(new() { TargetLength = target, MemoryLength = memory, ClampLength = clamp });
        options.Validate();
        Assert.Equal(
            (expectedTarget, expectedMemory, expectedClamp),
            (options.Context.TargetLength, options.Context.MemoryLength, options.Context.ClampLength));
    }

    private EvaluationResult Evaluate(TokenFile tokens, EvaluationOptions options) => new Evaluator(_model, _backend).Evaluate(tokens, options);

    private sealed class Reports(List<EvaluationProgress> list) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => list.Add(value);
    }

    private sealed class TickingClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 10;

        public override long GetTimestamp() => _now++;
    }
}
