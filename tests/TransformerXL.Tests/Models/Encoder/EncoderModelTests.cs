using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;
using TransformerXL.Tests.Training;
using Xunit;

namespace TransformerXL.Tests.Models.Encoder;

public sealed class EncoderModelTests : IDisposable
{
    private static readonly EncoderConfiguration s_configuration = new() { VocabularySize = 20, Layers = 2, ModelSize = 8, Heads = 2, InnerSize = 12, PositionRows = 9, InitialDeviation = 0.3f, SeparatorId = 19 };

    private readonly CpuBackend _backend = new(null, 1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(EncoderPositions.Learned)]
    [InlineData(EncoderPositions.Sinusoidal)]
    [InlineData(EncoderPositions.Relative)]
    public void Every_token_sees_the_tokens_after_it_and_where_they_stand(EncoderPositions positions)
    {
        EncoderConfiguration configuration = s_configuration with { Positions = positions };
        float[] First(params int[] ids) => Hidden(configuration, ids)[..8];
        Assert.NotEqual(First(1, 2, 3, 4), First(1, 2, 3, 5));
        Assert.NotEqual(First(1, 2, 3, 4), First(1, 2, 4, 3));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    public void Prepared_weights_give_few_and_many_tokens_the_bits_of_training(int streams, bool preNorm)
    {
        EncoderModel model = new(s_configuration with { ModelSize = 48, InnerSize = 96, PreNorm = preNorm }, 3);
        ContextConfiguration context = new() { TargetLength = 9, MemoryLength = 0 };
        DocumentReader prepared = new(model, _backend, context, streams, new PreparedWeights()), plain = new(model, _backend, context, streams);
        using BackendUse use = _backend.Enter();

        // From the second product of many rows on, a weight is packed.
        foreach (int tokens in (int[])[2, 9, 9, 2, 9])
        {
            int[] ids = [.. Enumerable.Range(0, tokens * streams).Select(i => (7 * i) % 19)], lengths = [.. Enumerable.Range(0, streams).Select(stream => Math.Max(1, tokens - stream))];
            Assert.Equal(plain.Read(ids, lengths).Value.Span.ToArray(), prepared.Read(ids, lengths).Value.Span.ToArray());
        }
    }

    [Theory]
    [InlineData(FeedForwardActivation.Gelu)]
    [InlineData(FeedForwardActivation.SwiGlu)]
    public void More_rows_than_a_feed_forward_block_has_at_once_give_the_bits_of_training(FeedForwardActivation activation)
    {
        // 7 steps of 200 rows: three parts, of 2, 2 and 3 steps.
        const int Streams = 200, Tokens = 7;
        EncoderModel model = new(s_configuration with { ModelSize = 16, InnerSize = 40, Activation = activation }, 3);
        ContextConfiguration context = new() { TargetLength = Tokens, MemoryLength = 0 };
        int[] ids = [.. Enumerable.Range(0, Tokens * Streams).Select(i => (7 * i) % 19)], lengths = [.. Enumerable.Repeat(Tokens, Streams)];
        using BackendUse use = _backend.Enter();
        float[] expected = new DocumentReader(model, _backend, context, Streams).Read(ids, lengths).Value.Span.ToArray();
        foreach (bool owns in (bool[])[false, true])
        {
            DocumentReader prepared = new(model, _backend, context, Streams, new PreparedWeights(ownsParameters: owns));
            Assert.Equal(expected, prepared.Read(ids, lengths).Value.Span.ToArray());
            Assert.Equal(expected, prepared.Read(ids, lengths).Value.Span.ToArray());
        }
    }

    [Fact]
    public void A_restored_memory_goes_on_with_the_token_types_of_the_one_that_was_saved()
    {
        EncoderConfiguration configuration = new() { VocabularySize = 20, Layers = 2, ModelSize = 8, Heads = 2, Positions = EncoderPositions.Relative, TokenTypes = 3, SeparatorId = 7, InitialDeviation = 0.4f };
        EncoderModel model = new(configuration, 3);
        ContextConfiguration context = new() { TargetLength = 4, MemoryLength = 5 };
        float[] Read(ModelState state, params int[] ids)
        {
            Tape tape = new(_backend);
            tape.BeginEvaluation();
            return model.Forward(tape, tape.Allocate(ids), state, context).Value.Span.ToArray();
        }

        HiddenMemory first = model.CreateState(5, 2), restored = model.CreateState(5, 2);
        // The first stream has ended one text, the second one two.
        Read(first, 1, 7, 7, 2, 3, 7, 4, 5);
        for (int part = 0; part < first.Parts; part++)
        {
            restored.Restore(part, first[part].Shape[0], first[part].Span);
        }

        Assert.Equal(Read(first, 1, 2, 3, 4), Read(restored, 1, 2, 3, 4));
        restored.Clear();
        HiddenMemory empty = model.CreateState(5, 2);
        Assert.Equal(Read(empty, 1, 2, 3, 4), Read(restored, 1, 2, 3, 4));
    }

    [Fact]
    public void Tokens_after_a_separator_have_another_type()
    {
        float[] with = Hidden(s_configuration, [1, 19, 2]), without = Hidden(s_configuration with { SeparatorId = -1 }, [1, 19, 2]);
        Assert.NotEqual(with, without);
        EncoderConfiguration none = s_configuration with { TokenTypes = 0 };
        Assert.Equal(Hidden(none, [1, 19, 2]), Hidden(none with { SeparatorId = -1 }, [1, 19, 2]));
    }

    [Fact]
    public void The_type_of_a_token_counts_the_separators_of_earlier_segments()
    {
        EncoderConfiguration configuration = s_configuration with { Positions = EncoderPositions.Relative, Layers = 1 };
        float[] After(int first)
        {
            LanguageModel model = LanguageModel.Create(configuration, 3);
            ModelState state = model.CreateState(0, 1);
            Tape tape = new(_backend);
            tape.BeginEvaluation();
            model.Forward(tape, tape.Allocate([first]), state, new ContextConfiguration { MemoryLength = 0 });
            tape.BeginEvaluation();
            return model.Forward(tape, tape.Allocate([5, 6]), state, new ContextConfiguration { MemoryLength = 0 }).Value.Span.ToArray();
        }

        Assert.NotEqual(After(19), After(4));
        Assert.Equal(After(3), After(4));
    }

    [Fact]
    public void A_segment_of_more_tokens_than_learned_positions_is_refused_with_both_numbers() =>
        Assert.Contains("a segment has 10 tokens, but the encoder has learned 9 positions", Assert.Throws<InputException>(() => Hidden(s_configuration, new int[10])).Message, StringComparison.Ordinal);

    [Fact]
    public void What_needs_the_next_token_refuses_an_encoder_by_name()
    {
        LanguageModel model = LanguageModel.Create(s_configuration);
        void Refused(Action use)
        {
            InputException refused = Assert.Throws<InputException>(use);
            Assert.Contains("family encoder reads a text in both directions", refused.Message, StringComparison.Ordinal);
            Assert.Equal("model.isCausal", refused.Member);
        }

        Refused(() => InferenceSession.Create(model, _backend, new InferenceOptions { MemoryLength = 4 }));
        Refused(() => _ = new Evaluator(model, _backend));
        using Corpus corpus = TinyRun.Corpus(40);
        RunConfiguration configuration = TinyRun.Configuration(corpus) with { Model = s_configuration with { VocabularySize = corpus.Vocabulary.Count } };
        Refused(() => _ = new NextTokenTask(configuration, corpus, _backend));
    }

    [Fact]
    public void An_embedding_is_of_the_whole_text()
    {
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        ContextConfiguration context = new() { TargetLength = 9, MemoryLength = 0 };
        LanguageModel model = LanguageModel.Create((s_configuration with { PositionRows = 0 }).For(vocabulary, context), 3);
        Embedder embedder = new(model, vocabulary, _backend);
        float[] Of(string text) => embedder.EmbedAsync(text, EmbeddingOptions.ForTrained(context)).GetAwaiter().GetResult();
        Assert.Equal(8, Of("abc").Length);
        Assert.NotEqual(Of("a long text ends"), Of("a long text end!"));
        Assert.NotEqual(Of("a long text ends"), Of("A long text ends"));
    }

    [Fact]
    public void Without_a_memory_each_segment_of_an_embedded_text_is_read_as_if_it_were_alone()
    {
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        ContextConfiguration context = new() { TargetLength = 9, MemoryLength = 0 };
        LanguageModel model = LanguageModel.Create((s_configuration with { PositionRows = 0, TokenTypes = 3, InitialDeviation = 0.4f }).For(vocabulary, context), 3);
        Embedder embedder = new(model, vocabulary, _backend);
        float[] Of(string text) => embedder.EmbedAsync(text, EmbeddingOptions.ForTrained(context) with { Normalizes = false }).GetAwaiter().GetResult();
        float[] first = Of("a long "), second = Of("text en"), both = Of("a long text en");
        Assert.All(both.Select((value, i) => (value, (first[i] + second[i]) / 2)), pair => Assert.Equal(pair.Item2, pair.value, 1e-5));
    }

    private float[] Hidden(EncoderConfiguration configuration, int[] ids)
    {
        LanguageModel model = LanguageModel.Create(configuration, 3);
        Tape tape = new(_backend);
        tape.BeginEvaluation();
        return model.Forward(tape, tape.Allocate(ids), model.CreateState(0, 1), new ContextConfiguration { MemoryLength = 0 }).Value.Span.ToArray();
    }
}
