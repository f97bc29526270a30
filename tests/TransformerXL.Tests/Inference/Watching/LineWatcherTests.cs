using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Watching;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference.Watching;

public sealed class LineWatcherTests : IDisposable
{
    private readonly CpuBackend _backend = new(threads: 1);
    private readonly Vocabulary _vocabulary = new ByteVocabulary();
    private readonly LanguageModel _model;

    public LineWatcherTests() => _model = LanguageModel.Create(
        new TransformerXLConfiguration { VocabularySize = _vocabulary.Count, Layers = 1, ModelSize = 8, Heads = 1, InitialDeviation = 0.3f, ProjectionDeviation = 0.3f }, seed: 5);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task Scores_of_lines_are_those_of_their_tokens_in_the_whole_text()
    {
        const string Text = "first line\r\n\nthe second line, a little longer\nend";
        WatchOptions options = new() { Scoring = new ScoringOptions { MemoryLength = 16, ChunkLength = 8 } };
        List<LineScore> lines = await WatchAsync(Encoding.UTF8.GetBytes(Text), options);
        List<TokenScore> tokens = await new Scorer(_model, _vocabulary, _backend).ScoreAsync(Text, options.Scoring).ToListAsync();
        Assert.Equal([(1L, "first line"), (3L, "the second line, a little longer"), (4L, "end")], lines.Select(line => (line.Line, line.Text)));
        Assert.Equal([12, 33, 3], lines.Select(line => line.Characters));
        int[] begins = [0, 13, 46];
        for (int i = 0; i < lines.Count; i++)
        {
            Assert.Equal(tokens.Skip(begins[i]).Take(lines[i].Characters).Sum(token => token.Bits), lines[i].Bits, 1e-3);
            Assert.Equal(lines[i].Bits / lines[i].Characters, lines[i].BitsPerCharacter);
        }
    }

    [Fact]
    public async Task Of_lines_that_are_all_the_same_none_stands_out()
    {
        string same = string.Concat(Enumerable.Repeat("heartbeat ok\n", 300));
        List<LineScore> lines = await WatchAsync(Encoding.UTF8.GetBytes(same), new WatchOptions { Scoring = Small, WarmUp = 100, Quantile = 0.98 });
        double[] last = [.. lines.Skip(250).Select(line => line.BitsPerCharacter)];
        Assert.Equal(last.Min(), last.Max(), 1e-9);
        Assert.DoesNotContain(lines.Skip(250), line => line.StandsOut);
    }

    [Fact]
    public async Task A_line_that_costs_more_than_the_quantile_stands_out_after_the_warm_up()
    {
        Random random = new(3);
        string common = string.Concat(Enumerable.Range(0, 300).Select(i => i == 5 || i == 250 ? "{{{{{{{{{{{{\n" : $"abcd efgh {random.Next(10)}\n"));
        List<LineScore> lines = await WatchAsync(Encoding.UTF8.GetBytes(common), new WatchOptions { Scoring = Small, WarmUp = 100, Quantile = 0.98 });
        Assert.All(lines.Take(100), line => Assert.Null(line.Threshold));
        Assert.All(lines.Skip(100), line => Assert.NotNull(line.Threshold));
        double[] before = [.. lines.Take(250).Select(line => line.BitsPerCharacter).Order()];
        Assert.InRange(lines[250].Threshold!.Value, before[(int)(0.98 * 249)], 1.021 * before[(int)(0.98 * 249)]);
        Assert.Equal(lines.Skip(100).Where(line => line.BitsPerCharacter > line.Threshold).Select(line => line.Line), lines.Where(line => line.StandsOut).Select(line => line.Line));
    }

    [Fact]
    public async Task Short_lines_are_read_but_neither_judged_nor_counted()
    {
        string text = string.Concat(Enumerable.Repeat("ab\n", 50)) + string.Concat(Enumerable.Repeat("a longer line\n", 3));
        List<LineScore> lines = await WatchAsync(Encoding.UTF8.GetBytes(text), new WatchOptions { Scoring = Small, WarmUp = 2 });
        Assert.All(lines.Take(52), line => Assert.Null(line.Threshold));
        Assert.NotNull(lines[52].Threshold);
    }

    [Fact]
    public async Task A_long_line_is_judged_in_parts_that_split_no_character()
    {
        string text = "a" + string.Concat(Enumerable.Repeat("é漢🐧", 40)) + "\nnext line\n";
        List<LineScore> lines = await WatchAsync(Encoding.UTF8.GetBytes(text), new WatchOptions { Scoring = Small, MaxLineBytes = 64 });
        Assert.Equal(text.Split('\n')[0], string.Concat(lines[..^1].Select(line => line.Text)));
        Assert.Equal(Enumerable.Range(0, lines.Count - 1), lines[..^1].Select(line => line.Part));
        Assert.All(lines[..^1], line => Assert.Equal(1, line.Line));
        Assert.Equal((2L, 0, "next line"), (lines[^1].Line, lines[^1].Part, lines[^1].Text));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_do_not_end_the_watch()
    {
        CharacterVocabulary characters = CharacterVocabulary.FromText("abc\n\uFFFD");
        LanguageModel model = LanguageModel.Create(new TransformerXLConfiguration { VocabularySize = characters.Count, Layers = 1, ModelSize = 8, Heads = 1 }, seed: 1);
        List<LineScore> lines = await new LineWatcher(model, characters, _backend, new WatchOptions { Scoring = Small })
            .WatchAsync(new MemoryStream([(byte)'a', 0xFF, (byte)'b', (byte)'\n', (byte)'c', (byte)'\n'])).ToListAsync();
        Assert.Equal(["a\uFFFDb", "c"], lines.Select(line => line.Text));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void A_quantile_that_is_none_is_refused(double quantile) =>
        Assert.Contains("quantile", Assert.Throws<InputException>(new WatchOptions { Quantile = quantile }.Validate).Message, StringComparison.Ordinal);

    private static ScoringOptions Small => new() { MemoryLength = 8, ChunkLength = 32 };

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_the_first_line()
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("\n abcdefghijklmnopqrstuvwxyz");
        LanguageModel model = LanguageModel.Create(new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 1, ModelSize = 8, Heads = 1 }, seed: 5);
        LineWatcher watcher = new(model, vocabulary, _backend, new WatchOptions { Scoring = Small, WarmUp = 1 });
        byte[] text = "first line\nsecond line\n"u8.ToArray();
        List<LineScore> plain = await watcher.WatchAsync(new MemoryStream(text)).ToListAsync();
        List<LineScore> marked = await watcher.WatchAsync(new MemoryStream([.. "\uFEFF"u8, .. text])).ToListAsync();
        Assert.Equal(plain, marked);
    }

    private async Task<List<LineScore>> WatchAsync(byte[] text, WatchOptions options) =>
        await new LineWatcher(_model, _vocabulary, _backend, options).WatchAsync(new MemoryStream(text)).ToListAsync();
}
