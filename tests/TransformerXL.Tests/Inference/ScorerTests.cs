using System.Text;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
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
        _model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = _vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });

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

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(4096)]
    public async Task Scores_do_not_depend_on_how_the_text_arrives_not_even_in_the_last_bit(int drip)
    {
        string text = string.Concat(Enumerable.Repeat(Text, 5));
        List<TokenScore> expected = await Collect(Scorer.ScoreAsync(text, _options));
        List<TokenScore> actual = await Collect(Scorer.ScoreAsync(new DrippingStream(Encoding.UTF8.GetBytes(text), drip), _options));
        Assert.Equal(expected.Select(score => (score.Position, score.Id, score.Nll)), actual.Select(score => (score.Position, score.Id, score.Nll)));
    }

    [Fact]
    public async Task A_byte_order_mark_is_left_out_where_the_text_has_to_be_UTF_8()
    {
        List<double> expected = [.. (await Collect(Scorer.ScoreAsync(Text, _options))).Select(score => score.Nll)];
        byte[] marked = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Text)];
        Assert.Equal(expected, (await Collect(Scorer.ScoreAsync(new MemoryStream(marked), _options))).Select(score => score.Nll));
        Assert.Equal(expected, (await Collect(Scorer.ScoreAsync(new DrippingStream(marked, 1), _options))).Select(score => score.Nll));
        Assert.Equal(expected, (await Collect(Scorer.ScoreAsync("\uFEFF" + Text, _options))).Select(score => score.Nll));
        Assert.Equal(_vocabulary.Encode(Text), _vocabulary.Encode(new MemoryStream(marked)));
    }

    [Theory]
    [InlineData(new byte[] { 0xEF })]
    [InlineData(new byte[] { 0xEF, 0xBB })]
    [InlineData(new byte[] { 0xEF, 0xBB, 0x61 })]
    public async Task A_beginning_of_a_byte_order_mark_is_read_as_the_bytes_that_it_is(byte[] beginning)
    {
        InputException invalid = await Assert.ThrowsAsync<InputException>(() => Collect(Scorer.ScoreAsync(new DrippingStream(beginning, 1), _options)));
        Assert.Contains("invalid UTF-8 at byte offset 0", invalid.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_bytes_reads_a_byte_order_mark_as_it_does_in_training()
    {
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 256, Layers = 1, ModelSize = 8, Heads = 1 });
        List<TokenScore> scores = await Collect(new Scorer(model, new ByteVocabulary(), _backend).ScoreAsync(new MemoryStream([0xEF, 0xBB, 0xBF, 0x61]), _options));
        Assert.Equal([0xEF, 0xBB, 0xBF, 0x61], scores.Select(score => score.Id));
    }

    [Fact]
    public async Task A_string_may_be_scored_again_and_a_stream_is_refused_the_second_time()
    {
        IAsyncEnumerable<TokenScore> fromString = Scorer.ScoreAsync(Text, _options), fromStream = Scorer.ScoreAsync(new MemoryStream(Encoding.UTF8.GetBytes(Text)), _options);
        List<TokenScore> first = await Collect(fromString);
        Assert.Equal(first.Select(score => score.Nll), (await Collect(fromString)).Select(score => score.Nll));
        Assert.Equal(first.Select(score => score.Nll), (await Collect(fromStream)).Select(score => score.Nll));
        InvalidOperationException second = await Assert.ThrowsAsync<InvalidOperationException>(() => Collect(fromStream));
        Assert.Contains("earlier enumeration", second.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_most_probable_tokens_are_those_of_the_softmax_and_agree_with_the_scores(bool clusters)
    {
        TransformerXLModel model = clusters
            ? SmallModels.Create(new TransformerXLConfiguration { VocabularySize = _vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2, Cutoffs = [8, 20] })
            : _model;
        Scorer scorer = new(model, _vocabulary, _backend);
        List<TokenScore> all = await Collect(scorer.ScoreAsync(Text, _options with { Top = _vocabulary.Count + 5 }));
        List<TokenScore> three = await Collect(scorer.ScoreAsync(Text, _options with { Top = 3 }));
        Assert.All(all.Zip(three), pair =>
        {
            Assert.Equal(_vocabulary.Count, pair.First.Top.Count);
            Assert.Equal(1, pair.First.Top.Sum(token => Math.Exp(token.LogProbability)), 1e-5);
            Assert.Equal(pair.First.Top.OrderByDescending(token => token.LogProbability).Take(3), pair.Second.Top);
            Assert.Equal(-pair.First.Nll, pair.First.Top.Single(token => token.Id == pair.First.Id).LogProbability, 1e-4);
            Assert.All(pair.First.Top, token => Assert.Equal(_vocabulary.Describe(token.Id), token.Text));
        });
        Assert.All(await Collect(scorer.ScoreAsync(Text, _options)), score => Assert.Empty(score.Top));
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
