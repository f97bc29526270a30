using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>What the end of a prompt, and special tokens in it, do to the text that follows.</summary>
public sealed class PromptEndTests : IDisposable
{
    private const string Text = "the other mother reads there and then the others gather together <|end|>\n";

    private readonly CpuBackend _backend = new(threads: 1);
    private readonly BytePairVocabulary _vocabulary;
    private readonly TransformerXLModel _model;
    private readonly GenerationOptions _options = new() { MaxTokens = 20, MemoryLength = 16, Seed = 5 };

    public PromptEndTests()
    {
        var trainer = new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 300, SpecialTokens = ["<|end|>"] });
        trainer.Add(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Text, 20))));
        _vocabulary = trainer.Train();
        _model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = _vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });
    }

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task A_prompt_that_ends_with_the_beginning_of_longer_tokens_is_reported()
    {
        OpenPromptEnd end = Assert.IsType<OpenPromptEnd>((await Write("the oth", _options)).Report.OpenEnd);
        int last = _vocabulary.Encode("the oth")[^1];
        byte[] bytes = _vocabulary.BytesOf(last).ToArray();
        int[] longer = [.. Enumerable.Range(0, _vocabulary.Count).Where(id => _vocabulary.BytesOf(id).Length > bytes.Length && _vocabulary.BytesOf(id).StartsWith(bytes) && !_vocabulary.SpecialTokens.Values.Contains(id))];
        Assert.Equal(new OpenPromptEnd(_vocabulary.Describe(last), longer.Length, _vocabulary.Describe(longer[0])), end);
        Assert.Null((await Write("the other<|end|>", _options)).Report.OpenEnd);
        Assert.Null((await Write("what?", _options)).Report.OpenEnd);
        Assert.Null((await Write("", _options)).Report.OpenEnd);
    }

    [Theory]
    [InlineData("the oth")]
    [InlineData("th")]
    [InlineData("the ")]
    [InlineData("and toge")]
    [InlineData("<|end|>the")]
    [InlineData("é the o")]
    public async Task A_healed_prompt_goes_on_with_tokens_that_spell_its_end_again(string prompt)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            GenerationOptions options = _options with { Seed = seed, HealsPrompt = true };
            (string text, GenerationReport report) = await Write(prompt, options);
            Assert.True(report.HealedTokens > 0);
            Assert.Null(report.OpenEnd);
            Assert.Equal(20, report.GeneratedTokens);
            // The same tokens by hand: the session reads the prompt but for its last tokens, and every token that does not spell the rest is excluded.
            Assert.Equal(Reference(prompt, report.HealedTokens, options), prompt + text);
        }
    }

    [Fact]
    public async Task Healing_lets_the_likeliest_longer_token_be_written()
    {
        // The model holds the token " other" for certain, whatever stands before it.
        int other = Assert.Single(_vocabulary.Encode(" other"));
        _model.Softmax.Biases[0].Value.Span[other] = 50;
        string healed = (await Write("the oth", _options with { HealsPrompt = true, MaxTokens = 1 })).Text;
        Assert.Equal("er", healed);
        Assert.Equal(" other", (await Write("the oth", _options with { MaxTokens = 1 })).Text);
    }

    [Fact]
    public async Task A_prompt_whose_end_begins_no_longer_token_is_read_whole_also_when_it_is_to_be_healed()
    {
        (string text, GenerationReport report) = await Write("what?", _options with { HealsPrompt = true });
        Assert.Equal(0, report.HealedTokens);
        Assert.Equal((await Write("what?", _options)).Text, text);
    }

    [Theory]
    [InlineData(VocabularyKind.Bytes, "every byte is a token")]
    [InlineData(VocabularyKind.Characters, "every character is a token")]
    [InlineData(VocabularyKind.Words, "its last word is a token of its own")]
    public void Other_vocabularies_say_why_they_are_not_healed(VocabularyKind kind, string reason)
    {
        Vocabulary vocabulary = kind switch
        {
            VocabularyKind.Bytes => new ByteVocabulary(),
            VocabularyKind.Characters => CharacterVocabulary.FromText("abc\n"),
            _ => new WordVocabulary(["<unk>", "<eos>", "one"]),
        };
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 1, ModelSize = 16, Heads = 2 });
        Generator generator = new(model, vocabulary, _backend);
        Assert.Contains(reason, Assert.Throws<InputException>(() => generator.GenerateAsync("a", _options with { HealsPrompt = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Special_tokens_in_a_prompt_can_be_read_as_text()
    {
        GenerationReport special = (await Write("the<|end|>", _options)).Report, plain = (await Write("the<|end|>", _options with { SpecialTokensAsText = true })).Report;
        Assert.Equal(_vocabulary.Encode("the").Length + 1, special.PromptTokens);
        Assert.Equal(_vocabulary.ReadingSpecialTokensAsText().Encode("the<|end|>").Length, plain.PromptTokens);
        Assert.True(plain.PromptTokens > special.PromptTokens);
        Scorer scorer = new(_model, _vocabulary, _backend);
        ScoringOptions options = new() { MemoryLength = 16 };
        Assert.Contains(_vocabulary.SpecialTokens["<|end|>"], await Ids(scorer.ScoreAsync("the<|end|>", options)));
        Assert.Equal(_vocabulary.ReadingSpecialTokensAsText().Encode("the<|end|>"), await Ids(scorer.ScoreAsync("the<|end|>", options with { SpecialTokensAsText = true })));
    }

    [Fact]
    public void Marks_of_lines_in_a_text_of_words_can_be_read_as_words()
    {
        WordVocabulary vocabulary = new(["<unk>", "<eos>", "one"]);
        Assert.Equal([2, 1, 1], vocabulary.Encode("one <eos>"));
        Assert.Equal([2, 0, 1], vocabulary.ReadingSpecialTokensAsText().Encode("one <eos>"));
    }

    [Fact]
    public async Task An_id_that_no_token_has_is_never_written()
    {
        // The last twenty ids but one are free, and the model holds one of them for certain.
        int last = _vocabulary.Count - 1, count = _vocabulary.Count + 20;
        string json = Encoding.UTF8.GetString(SaveTokenizer());
        BytePairVocabulary vocabulary = TokenizerJson.Parse(Encoding.UTF8.GetBytes(json
            .Replace($"\"id\":{last}", $"\"id\":{last + 20}", StringComparison.Ordinal).Replace($"\"<|end|>\":{last}", $"\"<|end|>\":{last + 20}", StringComparison.Ordinal)));
        Assert.Equal(count, vocabulary.Count);
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = count, Layers = 1, ModelSize = 16, Heads = 2 });
        model.Softmax.Biases[0].Value.Span[last + 5] = 100;
        StringBuilder text = new();
        await foreach (string piece in new Generator(model, vocabulary, _backend).GenerateAsync("the", _options))
        {
            text.Append(piece);
        }
        Assert.NotEqual("", text.ToString());
    }

    private byte[] SaveTokenizer()
    {
        using TransformerXL.Testing.TemporaryFolder folder = new();
        TokenizerJson.Save(_vocabulary, folder["tokenizer.json"]);
        return File.ReadAllBytes(folder["tokenizer.json"]);
    }

    private string Reference(string prompt, int takenBack, GenerationOptions options)
    {
        int[] ids = _vocabulary.Encode(prompt);
        List<byte> written = [];
        byte[] rest = [.. ids[^takenBack..].SelectMany(id => _vocabulary.BytesOf(id).ToArray())];
        InferenceSession session = InferenceSession.Create(_model, _backend, new InferenceOptions { MemoryLength = 16, MaxSegment = 256 });
        session.Advance([StartToken.Of(_vocabulary, _model), .. ids[..^takenBack]], results: 1);
        Sampler sampler = new(options.Sampling, _vocabulary.Count);
        TransformerXL.Tensors.Random.RandomStream random = new(options.Seed);
        for (int i = 0; i < 20; i++)
        {
            Span<float> logits = session.Logits().Span;
            for (int id = 0; id < logits.Length && written.Count < rest.Length; id++)
            {
                ReadOnlySpan<byte> left = rest.AsSpan(written.Count), bytes = _vocabulary.BytesOf(id);
                logits[id] = id != _vocabulary.SpecialTokens["<|end|>"] && (left.StartsWith(bytes) || bytes.StartsWith(left)) ? logits[id] : float.NegativeInfinity;
            }
            int token = sampler.Next(logits, random.NextDouble());
            written.AddRange(_vocabulary.BytesOf(token));
            session.Advance([token], results: 1);
        }
        return Encoding.UTF8.GetString([.. ids[..^takenBack].SelectMany(id => _vocabulary.BytesOf(id).ToArray()), .. written]);
    }

    private static async Task<List<int>> Ids(IAsyncEnumerable<TokenScore> scores)
    {
        List<int> ids = [];
        await foreach (TokenScore score in scores)
        {
            ids.Add(score.Id);
        }
        return ids;
    }

    private async Task<(string Text, GenerationReport Report)> Write(string prompt, GenerationOptions options)
    {
        Last last = new();
        StringBuilder text = new();
        await foreach (string piece in new Generator(_model, _vocabulary, _backend).GenerateAsync(new StringReader(prompt), options, last))
        {
            text.Append(piece);
        }
        return (text.ToString(), last.Value!);
    }

    private sealed class Last : IProgress<GenerationReport>
    {
        public GenerationReport? Value { get; private set; }

        public void Report(GenerationReport value) => Value = value;
    }
}
