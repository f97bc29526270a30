using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

public sealed class GeneratorTests : IDisposable
{
    private readonly CharacterVocabulary _vocabulary = CharacterVocabulary.FromText("\n abcdefghijklmnopqrstuvwxyzé🐧");
    private readonly TransformerXLModel _model;
    private readonly CpuBackend _backend = new(threads: 2);
    private readonly GenerationOptions _options = new() { MaxTokens = 60, MemoryLength = 16, Seed = 5 };

    public GeneratorTests() =>
        _model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = _vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task The_text_depends_on_the_seed_alone()
    {
        string first = await Write("hello", _options);
        Assert.Equal(60, first.EnumerateRunes().Count());
        Assert.Equal(first, await Write("hello", _options));
        Assert.NotEqual(first, await Write("hello", _options with { Seed = 6 }));
        Assert.NotEqual(first, await Write("hallo", _options));
    }

    [Fact]
    public async Task Without_chance_each_token_is_the_likeliest_after_the_text_before_it()
    {
        GenerationOptions options = _options with { Sampling = new SamplingOptions { Temperature = 0 }, MaxTokens = 12 };
        string text = "\nthe penguin ";
        string written = await Write(text[1..], options);
        foreach (Rune rune in written.EnumerateRunes())
        {
            InferenceSession session = InferenceSession.Create(_model, _backend, new InferenceOptions { MemoryLength = 16, MaxSegment = 64 });
            session.Advance(_vocabulary.Encode(text));
            float[] logits = session.Logits().Span.ToArray();
            logits[0] = float.NegativeInfinity;
            Assert.Equal(_vocabulary.Describe(Array.IndexOf(logits, logits.Max())), rune.ToString());
            text += rune;
        }
    }

    [Fact]
    public async Task A_prompt_may_come_as_text_as_stream_or_as_reader()
    {
        string prompt = string.Concat(Enumerable.Repeat("penguins 🐧 é ", 700));
        string expected = await Write(prompt, _options);
        Generator generator = new(_model, _vocabulary, _backend);
        Assert.Equal(expected, await Collect(generator.GenerateAsync(new StringReader(prompt), _options)));
        Assert.Equal(expected, await Collect(generator.GenerateAsync(new MemoryStream(Encoding.UTF8.GetBytes(prompt)), _options)));
        Assert.Equal(expected, await Collect(generator.GenerateAsync(new DrippingStream(Encoding.UTF8.GetBytes(prompt), 7), _options)));
    }

    [Fact]
    public async Task Unknown_characters_are_counted_and_the_unknown_token_is_never_written()
    {
        // Without other bias than this the unknown token would be written at nearly every step.
        _model.Softmax.Biases[0].Value.Span[0] = 30;
        List<GenerationReport> reports = [];
        string text = await Collect(new Generator(_model, _vocabulary, _backend)
            .GenerateAsync(new StringReader("Hello WORLD"), _options, new Reports(reports)));
        Assert.DoesNotContain('\uFFFD', text);
        Assert.Equal([new GenerationReport(11, 6, 0, null), new GenerationReport(11, 6, 60, null)], reports);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(300)]
    public async Task The_first_token_after_a_prompt_is_the_one_that_its_score_holds_for_the_most_probable(int length)
    {
        string prompt = Letters(length);
        string written = await Write(prompt, _options with { Sampling = new SamplingOptions { Temperature = 0 }, MaxTokens = 1 });
        Assert.Equal(await MaxProbableAfter(_vocabulary, _model, prompt), written);
    }

    [Fact]
    public async Task Also_a_prompt_of_words_is_read_after_the_end_of_a_line()
    {
        WordVocabulary vocabulary = new(["<eos>", "<unk>", "the", "cat", "dog", "sat", "ran"]);
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });
        GenerationOptions options = _options with { Sampling = new SamplingOptions { Temperature = 0 }, MaxTokens = 1 };
        foreach (string prompt in (string[])["the", "dog sat", "cat ran\nthe dog", "sat sat sat"])
        {
            string written = await Collect(new Generator(model, vocabulary, _backend).GenerateAsync(prompt, options));
            Assert.Equal(await MaxProbableAfter(vocabulary, model, prompt), written.Trim(' '));
        }
    }

    [Fact]
    public async Task Without_a_newline_a_text_begins_after_the_token_with_the_highest_bias()
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("abc");
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 4, Layers = 1, ModelSize = 8, Heads = 1 });
        new float[] { 9, 1, 3, 2 }.CopyTo(model.Softmax.Biases[0].Value.Span);
        Assert.Equal(vocabulary.Encode("b")[0], StartToken.Of(vocabulary, model));
        string written = await Collect(new Generator(model, vocabulary, _backend).GenerateAsync("", _options with { Sampling = new SamplingOptions { Temperature = 0 }, MaxTokens = 1 }));
        InferenceSession session = InferenceSession.Create(model, _backend, new InferenceOptions { MemoryLength = 16 });
        session.Advance([StartToken.Of(vocabulary, model)]);
        float[] logits = session.Logits().Span.ToArray();
        logits[0] = float.NegativeInfinity;
        Assert.Equal(vocabulary.Describe(Array.IndexOf(logits, logits.Max())), written);
    }

    [Fact]
    public async Task A_byte_order_mark_before_a_prompt_is_left_out()
    {
        string expected = await Write("penguin", _options);
        byte[] marked = [0xEF, 0xBB, 0xBF, .. "penguin"u8];
        Assert.Equal(expected, await Collect(new Generator(_model, _vocabulary, _backend).GenerateAsync(new MemoryStream(marked), _options)));
        Assert.Equal(expected, await Collect(new Generator(_model, _vocabulary, _backend).GenerateAsync(new DrippingStream(marked, 1), _options)));
        Assert.Equal(expected, await Write("\uFEFFpenguin", _options));
    }

    [Fact]
    public async Task A_string_may_be_continued_again_and_a_stream_is_refused_the_second_time()
    {
        Generator generator = new(_model, _vocabulary, _backend);
        IAsyncEnumerable<string> fromString = generator.GenerateAsync("the penguin", _options);
        Assert.Equal(await Collect(fromString), await Collect(fromString));
        foreach (IAsyncEnumerable<string> once in (IAsyncEnumerable<string>[])[generator.GenerateAsync(new MemoryStream("the penguin"u8.ToArray()), _options), generator.GenerateAsync(new StringReader("the penguin"), _options)])
        {
            Assert.Equal(await Collect(fromString), await Collect(once));
            InvalidOperationException second = await Assert.ThrowsAsync<InvalidOperationException>(() => Collect(once));
            Assert.Contains("earlier enumeration", second.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Each_of_several_samples_is_the_text_that_its_seed_gives_alone()
    {
        GenerationOptions options = _options with { Samples = 3, Sampling = new SamplingOptions { RepetitionPenalty = 1.3 } };
        List<GenerationReport> reports = [];
        StringBuilder[] texts = [new(), new(), new()];
        await foreach (GeneratedPiece piece in new Generator(_model, _vocabulary, _backend).GeneratePiecesAsync("the penguin", options, new Reports(reports)))
        {
            texts[piece.Sample].Append(piece.Text);
        }

        for (int sample = 0; sample < 3; sample++)
        {
            Assert.Equal(await Write("the penguin", options with { Samples = 1, Seed = options.Seed + (ulong)sample }), texts[sample].ToString());
        }

        Assert.Equal(3, texts.Select(text => text.ToString()).Distinct().Count());
        Assert.Equal([0, 0, 1, 2], reports.Select(report => report.Sample));
        Assert.Throws<InputException>(() => new Generator(_model, _vocabulary, _backend).GenerateAsync("a", options));
    }

    [Fact]
    public async Task A_stop_string_ends_the_text_before_it()
    {
        string whole = await Write("hello", _options);
        string stop = whole.Substring(30, 4);
        List<GenerationReport> reports = [];
        string text = await Collect(new Generator(_model, _vocabulary, _backend)
            .GenerateAsync(new StringReader("hello"), _options with { Stop = [stop] }, new Reports(reports)));
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], text);
        Assert.Equal(stop, reports[^1].StoppedBy);
    }

    [Fact]
    public async Task A_beginning_of_a_stop_string_that_never_ends_is_written_at_last()
    {
        string whole = await Write("hello", _options);
        Assert.Equal(whole, await Write("hello", _options with { Stop = [whole[^5..] + "x"] }));
    }

    [Fact]
    public async Task Bytes_are_joined_to_characters_and_what_is_broken_is_replaced()
    {
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 256, Layers = 1, ModelSize = 8, Heads = 1 });
        Generator generator = new(model, new ByteVocabulary(), _backend);
        string text = await Collect(generator.GenerateAsync("é", _options with { MaxTokens = 300 }));
        Assert.InRange(text.Length, 100, 301);
        Assert.All(text.EnumerateRunes(), rune => Assert.True(Rune.IsValid(rune.Value)));
    }

    [Fact]
    public async Task Pieces_carry_exactly_the_bytes_of_the_tokens_and_the_text_that_they_form()
    {
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 256, Layers = 1, ModelSize = 8, Heads = 1 });
        GenerationOptions options = _options with { MaxTokens = 300 };
        using MemoryStream bytes = new();
        StringBuilder text = new();
        await foreach (GeneratedPiece piece in new Generator(model, new ByteVocabulary(), _backend).GeneratePiecesAsync("é", options))
        {
            bytes.Write(piece.Bytes.Span);
            text.Append(piece.Text);
        }

        Assert.Equal(300, bytes.Length);
        Assert.Equal(Encoding.UTF8.GetString(bytes.ToArray()), text.ToString());
        Assert.Contains('\uFFFD', text.ToString());
        Assert.Equal(text.ToString(), await Collect(new Generator(model, new ByteVocabulary(), _backend).GenerateAsync("é", options)));
    }

    [Fact]
    public async Task A_character_that_never_ends_keeps_its_bytes_and_is_replaced_in_the_text()
    {
        // Only the first byte of "é" is ever drawn.
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 256, Layers = 1, ModelSize = 8, Heads = 1 });
        model.Softmax.Biases[0].Value.Span[0xC3] = 1000;
        List<GeneratedPiece> pieces = [];
        await foreach (GeneratedPiece piece in new Generator(model, new ByteVocabulary(), _backend).GeneratePiecesAsync("", _options with { MaxTokens = 2 }))
        {
            pieces.Add(piece);
        }

        Assert.Equal([0xC3, 0xC3], pieces.SelectMany(piece => piece.Bytes.ToArray()));
        Assert.Equal(["", "\uFFFD", "\uFFFD"], pieces.Select(piece => piece.Text));
    }

    [Fact]
    public async Task Without_a_limit_the_text_ends_when_it_is_cancelled()
    {
        using CancellationTokenSource source = new();
        int pieces = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in new Generator(_model, _vocabulary, _backend).GenerateAsync("a", _options with { MaxTokens = 0 }, source.Token))
            {
                Assert.NotEqual("", piece);
                if (++pieces == 3000)
                {
                    await source.CancelAsync();
                }
            }
        });
        Assert.Equal(3000, pieces);
    }

    [Fact]
    public void What_cannot_be_done_is_named_at_the_call()
    {
        Generator generator = new(_model, _vocabulary, _backend);
        Assert.Throws<InputException>(() => generator.GenerateAsync("a", _options with { MaxTokens = -1 }));
        Assert.Throws<InputException>(() => generator.GenerateAsync("a", _options with { Stop = [""] }));
        Assert.Throws<InputException>(() => generator.GenerateAsync("a", _options with { Sampling = new SamplingOptions { TopP = 2 } }));
        InputException sizes = Assert.Throws<InputException>(() => new Generator(_model, new ByteVocabulary(), _backend));
        Assert.Contains("256", sizes.Message, StringComparison.Ordinal);
    }

    private static string Letters(int length)
    {
        Random random = new(length);
        return string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(26))));
    }

    /// <summary>The most probable token that is not the unknown one, as the score of whatever follows the text tells.</summary>
    private async Task<string> MaxProbableAfter(Vocabulary vocabulary, LanguageModel model, string text)
    {
        string next = vocabulary is WordVocabulary ? " the" : "a";
        TokenScore last = default;
        await foreach (TokenScore score in new Scorer(model, vocabulary, _backend).ScoreAsync(text + next, new ScoringOptions { MemoryLength = 16, Top = vocabulary.Count }))
        {
            // The end of the last line, which a prompt does not have, is scored as well.
            last = vocabulary is WordVocabulary && score.Id == vocabulary.EndOfLineId ? last : score;
        }

        return last.Top.First(token => token.Id != vocabulary.UnknownId).Text.Replace("<eos>", "\n", StringComparison.Ordinal);
    }

    private async Task<string> Write(string prompt, GenerationOptions options) =>
        await Collect(new Generator(_model, _vocabulary, _backend).GenerateAsync(prompt, options));

    private static async Task<string> Collect(IAsyncEnumerable<string> pieces)
    {
        StringBuilder text = new();
        await foreach (string piece in pieces)
        {
            text.Append(piece);
        }

        return text.ToString();
    }

    private sealed class Reports(List<GenerationReport> list) : IProgress<GenerationReport>
    {
        public void Report(GenerationReport value) => list.Add(value);
    }
}
