using System.Text;
using TransformerXL.Data;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using Xunit;

namespace TransformerXL.Tests.Inference;

public sealed class ScorerTests : IDisposable
{
    private const string Text = "the quick brown penguin é 🐧 jumps\nover the lazy dog, again and again";

    private readonly CharacterVocabulary _vocabulary = CharacterVocabulary.FromText(Text);
    private readonly TransformerXLModel _model;
    private readonly CpuBackend _backend = new(threads: 2);
    private readonly ScoringOptions _options = new() { MemoryLength = 20, ChunkLength = 16 };

    public ScorerTests() =>
        _model = SmallModels.Create(new ModelConfiguration { VocabularySize = _vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task Each_token_has_the_nll_of_the_softmax_after_the_text_before_it()
    {
        List<TokenScore> scores = await Collect(Scorer.ScoreAsync(Text, _options));
        int[] ids = _vocabulary.Encode("\n" + Text);
        Assert.Equal(ids.Length - 1, scores.Count);
        InferenceSession session = InferenceSession.Create(_model, _backend, new InferenceOptions { MemoryLength = 20 });
        for (int i = 0; i < scores.Count; i++)
        {
            session.Advance([ids[i]]);
            double[] logits = [.. session.Logits().Span.ToArray().Select(value => (double)value)];
            double nll = Math.Log(logits.Sum(Math.Exp)) - logits[ids[i + 1]];
            Assert.Equal((i, ids[i + 1], _vocabulary.Describe(ids[i + 1])), (scores[i].Position, scores[i].Id, scores[i].Text));
            Assert.Equal(nll, scores[i].Nll, 2e-4);
            Assert.Equal(scores[i].Nll / Math.Log(2), scores[i].Bits);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(200)]
    public async Task The_length_of_a_chunk_changes_nothing(int chunk)
    {
        List<TokenScore> expected = await Collect(Scorer.ScoreAsync(Text, _options));
        List<TokenScore> actual = await Collect(Scorer.ScoreAsync(Text, _options with { ChunkLength = chunk }));
        Assert.Equal(expected.Select(score => score.Id), actual.Select(score => score.Id));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Nll, pair.Second.Nll, 1e-4));
    }

    [Fact]
    public async Task A_stream_is_scored_as_it_comes()
    {
        List<TokenScore> expected = await Collect(Scorer.ScoreAsync(Text, _options));
        List<TokenScore> actual = await Collect(Scorer.ScoreAsync(new DrippingStream(Encoding.UTF8.GetBytes(Text)), _options));
        Assert.Equal(expected.Select(score => score.Id), actual.Select(score => score.Id));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Nll, pair.Second.Nll, 1e-4));
    }

    [Fact]
    public async Task An_empty_text_has_no_scores() => Assert.Empty(await Collect(Scorer.ScoreAsync("", _options)));

    [Fact]
    public async Task Invalid_utf8_and_wrong_options_are_named()
    {
        InputException invalid = await Assert.ThrowsAsync<InputException>(() => Collect(Scorer.ScoreAsync(new MemoryStream([97, 0xFF]), _options)));
        Assert.Contains("byte offset 1", invalid.Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => Scorer.ScoreAsync("a", _options with { ChunkLength = 0 }));
    }

    private Scorer Scorer => new(_model, _vocabulary, _backend);

    private static async Task<List<TokenScore>> Collect(IAsyncEnumerable<TokenScore> scores)
    {
        List<TokenScore> list = [];
        await foreach (TokenScore score in scores)
        {
            list.Add(score);
        }

        return list;
    }
}
