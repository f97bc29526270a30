using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Watching;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training.Dynamic;
using Xunit;

namespace TransformerXL.Tests.Training.Dynamic;

/// <summary>A copy of a model that follows a text as it comes.</summary>
public sealed class TextFollowerTests : IDisposable
{
    private readonly CpuBackend _backend = new(threads: 1);
    private readonly ByteVocabulary _vocabulary = new();
    private readonly LanguageModel _model = LanguageModel.Create(DynamicSample.Configuration with { VocabularySize = 256 }, seed: 7);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task A_text_is_learned_in_whole_segments_however_it_arrives()
    {
        string before = ModelWeights.Fingerprint(_model);
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("wxyz-", 83)));
        TextFollower whole = Create(), single = Create();
        Assert.Equal(text.Length, await whole.ReadAsync(new MemoryStream(text), _vocabulary));
        int steps = text.Count(value => single.Append(value));
        Assert.Equal((text.Length / 8, text.Length / 8), ((int)whole.Steps, steps));
        Assert.Equal(ModelWeights.Fingerprint(whole.Model), ModelWeights.Fingerprint(single.Model));
        Assert.Equal(before, ModelWeights.Fingerprint(_model));
        TokenFile tokens = TokenFile.FromIds([.. text.Select(value => (int)value)], 256);
        Assert.True(Nll(whole.Model, tokens) < 0.6 * Nll(_model, tokens), $"{Nll(whole.Model, tokens)} nats, {Nll(_model, tokens)} before");
    }

    [Fact]
    public async Task An_end_of_the_last_line_is_learned_only_where_it_is()
    {
        WordVocabulary words = new(["<eos>", "<unk>", "a", "b"]);
        Assert.Equal(2, await Create().ReadAsync(new MemoryStream("a b"u8.ToArray()), words));
        Assert.Equal(3, await Create().ReadAsync(new MemoryStream("a b\n"u8.ToArray()), words));
    }

    [Fact]
    public async Task Lines_that_a_watcher_learns_from_cost_less_and_less()
    {
        byte[] lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a line that repeats itself\n", 60)));
        WatchOptions options = new() { Scoring = new ScoringOptions { MemoryLength = 12 }, WarmUp = 1 };
        TextFollower follower = Create();
        List<LineScore> still = await ReadAsync(new LineWatcher(_model, _vocabulary, _backend, options), lines);
        List<LineScore> learned = await ReadAsync(new LineWatcher(follower.Model, _vocabulary, _backend, options, follower.Append), lines);
        Assert.Equal(still[0].Bits, learned[0].Bits);
        Assert.True(learned[^1].Bits < 0.5 * still[^1].Bits, $"{learned[^1].Bits} bits, {still[^1].Bits} without steps");
    }

    private TextFollower Create() => new(_model, _vocabulary, _backend, DynamicSample.Context, DynamicSample.Options(DynamicRule.Adam));

    private double Nll(LanguageModel model, TokenFile tokens) => new Evaluator(model, _backend).Evaluate(tokens, DynamicSample.Evaluation).MeanNll;

    private static async Task<List<LineScore>> ReadAsync(LineWatcher watcher, byte[] lines)
    {
        List<LineScore> scores = [];
        await foreach (LineScore score in watcher.WatchAsync(new MemoryStream(lines)))
        {
            scores.Add(score);
        }

        return scores;
    }
}
