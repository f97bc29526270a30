using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>A generator continues a session that belongs to the caller.</summary>
public sealed class ConversationTests : IDisposable
{
    private readonly CharacterVocabulary _vocabulary = CharacterVocabulary.FromText("\n abcdefghijklmnopqrstuvwxyz");
    private readonly TransformerXLModel _model;
    private readonly CpuBackend _backend = new(threads: 1);
    private readonly GenerationOptions _greedy = new() { MaxTokens = 9, MemoryLength = 64, Sampling = new SamplingOptions { Temperature = 0 } };

    public ConversationTests() =>
        _model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = _vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task A_fresh_session_gives_what_a_generation_of_its_own_gives()
    {
        InferenceSession session = InferenceSession.Create(_model, _backend, _greedy.Session());
        string alone = await Collect(Generator.GenerateAsync("hello", _greedy));
        Assert.Equal(alone, await Collect(Generator.GenerateAsync(session, "hello", _greedy)));
        Assert.Equal(1 + "hello".Length + _greedy.MaxTokens, session.Tokens);
    }

    [Fact]
    public async Task A_second_prompt_follows_everything_that_was_said_before()
    {
        InferenceSession session = InferenceSession.Create(_model, _backend, _greedy.Session());
        string first = await Collect(Generator.GenerateAsync(session, "hello", _greedy));
        string second = await Collect(Generator.GenerateAsync(session, " you", _greedy));
        Assert.Equal(await Collect(Generator.GenerateAsync($"hello{first} you", _greedy)), second);
        Assert.NotEqual(await Collect(Generator.GenerateAsync(" you", _greedy)), second);
    }

    [Fact]
    public async Task An_empty_prompt_goes_on_and_a_caller_who_leaves_early_loses_nothing()
    {
        GenerationOptions twice = _greedy with { MaxTokens = 18 };
        string whole = await Collect(Generator.GenerateAsync("hello", twice));
        InferenceSession session = InferenceSession.Create(_model, _backend, _greedy.Session());
        StringBuilder text = new();
        await foreach (string piece in Generator.GenerateAsync(session, "hello", twice))
        {
            text.Append(piece);
            if (text.Length == 9)
            {
                break;
            }
        }

        Assert.Equal(1 + "hello".Length + 9, session.Tokens);
        text.Append(await Collect(Generator.GenerateAsync(session, "", _greedy)));
        Assert.Equal(whole, text.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_repetition_penalty_sees_what_earlier_turns_have_read(bool reloaded)
    {
        GenerationOptions options = _greedy with { Sampling = new SamplingOptions { Temperature = 0, RepetitionPenalty = 50, RepetitionWindow = 20 } };
        InferenceSession session = InferenceSession.Create(_model, _backend, options.Session());
        string first = await Collect(Generator.GenerateAsync(session, "hello", options));
        if (reloaded)
        {
            using MemoryStream saved = new();
            session.Save(saved);
            saved.Position = 0;
            session = InferenceSession.Create(_model, _backend, options.Session());
            session.Load(saved);
        }

        string second = await Collect(Generator.GenerateAsync(session.Fork(), " y", options));
        Assert.Equal(await Collect(Generator.GenerateAsync($"hello{first} y", options)), second);
    }

    [Fact]
    public void The_last_tokens_are_kept_without_the_first_and_in_order_around_the_ring()
    {
        TokenTail tail = new();
        tail.Add([.. Enumerable.Range(0, TokenTail.Capacity - 2)]);
        tail.Add([.. Enumerable.Range(TokenTail.Capacity - 2, 5)]);
        Assert.Equal(Enumerable.Range(3, TokenTail.Capacity), tail.Last(TokenTail.Capacity));
        Assert.Equal([TokenTail.Capacity + 1, TokenTail.Capacity + 2], tail.Last(2));
        InferenceSession session = InferenceSession.Create(_model, _backend, _greedy.Session());
        session.Advance([0, 5, 6]);
        Assert.Equal([5, 6], session.LastTokens(9));
        session.Reset();
        Assert.Empty(session.LastTokens(9));
    }

    [Fact]
    public async Task A_stop_string_is_not_remembered()
    {
        string whole = await Collect(Generator.GenerateAsync("hello", _greedy with { MaxTokens = 30 }));
        int begin = Enumerable.Range(2, 20).First(at => whole.IndexOf(whole.Substring(at, 3), StringComparison.Ordinal) == at);
        InferenceSession session = InferenceSession.Create(_model, _backend, _greedy.Session());
        GenerationOptions stopping = _greedy with { MaxTokens = 30, Stop = [whole.Substring(begin, 3)] };
        Assert.Equal(whole[..begin], await Collect(Generator.GenerateAsync(session, "hello", stopping)));
        Assert.Equal(1 + "hello".Length + begin, session.Tokens);
        Assert.Equal(await Collect(Generator.GenerateAsync($"hello{whole[..begin]} you", _greedy)), await Collect(Generator.GenerateAsync(session, " you", _greedy)));
    }

    [Fact]
    public void A_session_of_other_weights_or_several_streams_and_several_samples_are_refused()
    {
        InferenceSession other = InferenceSession.Create(SmallModels.Plain, _backend, _greedy.Session());
        InferenceSession two = InferenceSession.Create(_model, _backend, _greedy.Session() with { Streams = 2 });
        InferenceSession one = InferenceSession.Create(_model, _backend, _greedy.Session());
        Assert.Throws<ArgumentException>(() => Generator.GenerateAsync(other, "a", _greedy));
        Assert.Throws<ArgumentException>(() => Generator.GenerateAsync(two, "a", _greedy));
        Assert.Throws<InputException>(() => Generator.GenerateAsync(one, "a", _greedy with { Samples = 2 }));
    }

    [Fact]
    public void Sizes_for_a_trained_model_are_those_of_generation_and_scoring()
    {
        ContextConfiguration training = new() { TargetLength = 24, MemoryLength = 40 };
        InferenceOptions session = InferenceOptions.ForTrained(training);
        Assert.Equal(GenerationOptions.ForTrained(training).Session(), session);
        Assert.Equal(ScoringOptions.ForTrained(training).Session(), session);
        Assert.Equal(3, InferenceOptions.ForTrained(training, 3).Streams);
    }

    [Fact]
    public void A_session_goes_through_a_stream()
    {
        InferenceSession session = InferenceSession.Create(_model, _backend, _greedy.Session()), loaded = session.Fork();
        session.Advance(_vocabulary.Encode("hello"));
        MemoryStream saved = new();
        session.Save(saved);
        loaded.Load(new DrippingStream(saved.ToArray(), 7));
        Assert.Equal(session.Tokens, loaded.Tokens);
        Assert.Equal(session.Logits().Span.ToArray(), loaded.Logits().Span.ToArray());
    }

    [Fact]
    public void A_damaged_or_endless_stream_leaves_the_session_as_it_was()
    {
        InferenceSession session = InferenceSession.Create(_model, _backend, _greedy.Session());
        session.Advance(_vocabulary.Encode("hello"));
        MemoryStream saved = new();
        session.Save(saved);
        float[] before = session.Logits().Span.ToArray();
        Assert.Throws<InputException>(() => session.Load(new MemoryStream(saved.ToArray()[..^3])));
        Assert.Contains("more than", Assert.Throws<InputException>(() => session.Load(new MemoryStream(new byte[1 << 20]))).Message, StringComparison.Ordinal);
        Assert.Equal(5, session.Tokens);
        Assert.Equal(before, session.Logits().Span.ToArray());
    }

    [Fact]
    public async Task A_text_ends_at_the_end_of_text_or_at_the_tokens_that_are_named()
    {
        WordVocabulary words = new(["<unk>", "</s>", "a", "b", "c"], new WordRules { Marks = LineMarks.None });
        Assert.Equal(1, words.EndOfTextId);
        Assert.Null(_vocabulary.EndOfTextId);
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = words.Count, Layers = 1, ModelSize = 8, Heads = 2 });
        model.Softmax.Biases[0].Value.Span[1] = 60;
        List<GenerationReport> reports = [];
        Generator generator = new(model, words, _backend);
        async Task<string> Write(GenerationOptions options) => await Collect(generator.GenerateAsync(new StringReader("a b"), options, new Listed(reports)));
        Assert.Equal("", await Write(_greedy));
        Assert.Equal((1, "</s>"), (reports[^1].GeneratedTokens, reports[^1].StopToken));
        Assert.Contains("</s>", await Write(_greedy with { StopsAtEndOfText = false }), StringComparison.Ordinal);
        Assert.Null(reports[^1].StopToken);
        Assert.Contains("</s>", await Write(_greedy with { StopTokens = ["a"] }), StringComparison.Ordinal);
        Assert.Equal("", await Write(_greedy with { StopTokens = ["a", "</s>"], StopsAtEndOfText = false }));
        Assert.Equal("</s>", reports[^1].StopToken);
        InputException unknown = Assert.Throws<InputException>(() => generator.GenerateAsync("a b", _greedy with { StopTokens = ["d"] }));
        Assert.Contains("the stop token 'd' is not a single token of the vocabulary of 5 words", unknown.Message, StringComparison.Ordinal);
    }

    private Generator Generator => new(_model, _vocabulary, _backend);

    private static async Task<string> Collect(IAsyncEnumerable<string> pieces)
    {
        StringBuilder text = new();
        await foreach (string piece in pieces)
        {
            text.Append(piece);
        }

        return text.ToString();
    }

    private sealed class Listed(List<GenerationReport> reports) : IProgress<GenerationReport>
    {
        public void Report(GenerationReport value) => reports.Add(value);
    }
}
