using System.Text;
using TransformerXL.Data;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using Xunit;

namespace TransformerXL.Tests.Inference;

public sealed class GeneratorTests : IDisposable
{
    private readonly CharacterVocabulary _vocabulary = CharacterVocabulary.FromText("\n abcdefghijklmnopqrstuvwxyzé🐧");
    private readonly TransformerXLModel _model;
    private readonly CpuBackend _backend = new(threads: 2);
    private readonly GenerationOptions _options = new() { MaxTokens = 60, MemoryLength = 16, Seed = 5 };

    public GeneratorTests() =>
        _model = SmallModels.Create(new ModelConfiguration { VocabularySize = _vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });

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
        string text = "the penguin ";
        string written = await Write(text, options);
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
        Assert.Equal(expected, await Collect(generator.GenerateAsync(new DrippingStream(Encoding.UTF8.GetBytes(prompt)), _options)));
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

    [Fact]
    public async Task An_empty_prompt_begins_after_a_newline() =>
        Assert.Equal(await Write("\n", _options), await Write("", _options));

    [Fact]
    public async Task Without_a_newline_an_empty_prompt_begins_after_the_token_with_the_highest_bias()
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("abc");
        TransformerXLModel model = SmallModels.Create(new ModelConfiguration { VocabularySize = 4, Layers = 1, ModelSize = 8, Heads = 1 });
        new float[] { 9, 1, 3, 2 }.CopyTo(model.Softmax.Biases[0].Value.Span);
        Generator generator = new(model, vocabulary, _backend);
        Assert.Equal(await Collect(generator.GenerateAsync("b", _options)), await Collect(generator.GenerateAsync("", _options)));
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
        TransformerXLModel model = SmallModels.Create(new ModelConfiguration { VocabularySize = 256, Layers = 1, ModelSize = 8, Heads = 1 });
        Generator generator = new(model, new ByteVocabulary(), _backend);
        string text = await Collect(generator.GenerateAsync("é", _options with { MaxTokens = 300 }));
        Assert.InRange(text.Length, 100, 301);
        Assert.All(text.EnumerateRunes(), rune => Assert.True(Rune.IsValid(rune.Value)));
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
