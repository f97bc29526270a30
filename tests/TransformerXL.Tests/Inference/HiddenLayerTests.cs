using System.Text;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Hidden states of layers, and what an embedding makes of the last ones.</summary>
public sealed class HiddenLayerTests : IDisposable
{
    private readonly CpuBackend _backend = new(threads: 1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(Kinds.TransformerXL, true)]
    [InlineData(Kinds.Lstm, true)]
    [InlineData(Kinds.Vaswani, true)]
    [InlineData(Kinds.Vaswani, false)]
    [InlineData(Kinds.Shaw, true)]
    public void Each_layer_gives_the_states_of_the_tokens_whatever_the_cut(string kind, bool recurrent)
    {
        LanguageModel model = Model(kind);
        InferenceOptions options = new() { MemoryLength = 24, MaxSegment = 24, SegmentLength = 8, Recurrent = recurrent, Streams = 2 };
        int[] ids = [.. Enumerable.Range(0, 32).Select(i => (i * 7) % 29)];
        InferenceSession plain = InferenceSession.Create(model, _backend, options), layered = plain.Fork();
        plain.Advance(ids, results: 5);
        IReadOnlyList<Tensor> states = layered.AdvanceThrough(ids, [2, 0, 1], results: 5);
        Assert.All(states, state => Assert.Equal(new Shape(5, 2, 24), state.Shape));

        // What is looked at computes the same bits, and the last layer is the output.
        Assert.Equal(plain.Hidden.Span.ToArray(), layered.Hidden.Span.ToArray());
        Assert.Equal(plain.Hidden.Span.ToArray(), states[0].Span.ToArray());
        Assert.NotEqual(states[0].Span.ToArray(), states[2].Span.ToArray());
        Assert.NotEqual(states[1].Span.ToArray(), states[2].Span.ToArray());

        // The copies stay when the session reads on; the same token has the same input of the first layer.
        float[] kept = states[1].Span.ToArray();
        float[] again = layered.AdvanceThrough(ids.AsSpan(ids.Length - 2), [0])[0].Span.ToArray();
        Assert.Equal(kept, states[1].Span.ToArray());
        Assert.Equal(kept.AsSpan(kept.Length - again.Length).ToArray(), again);
    }

    [Fact]
    public void A_layer_that_is_not_there_is_refused_and_nothing_is_read()
    {
        InferenceSession session = InferenceSession.Create(Model(Kinds.TransformerXL), _backend, new InferenceOptions { MemoryLength = 4 });
        Assert.Throws<ArgumentOutOfRangeException>(() => session.AdvanceThrough([1], [3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.AdvanceThrough([1], [-1]));
        Assert.Equal(0, session.Tokens);
    }

    [Theory]
    [InlineData(Kinds.Encoder)]
    [InlineData(Kinds.Lstm)]
    public async Task An_encoder_embeds_in_the_precision_of_the_options(string kind)
    {
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        ModelConfiguration configuration = kind == Kinds.Encoder
            ? new EncoderConfiguration { VocabularySize = 1, Layers = 2, ModelSize = 16, Heads = 2, InitialDeviation = 0.2f }.For(vocabulary, new ContextConfiguration { TargetLength = 32 })
            : (RecurrentConfiguration)new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 1, ModelSize = 16, Heads = 2, InitialDeviation = 0.2f }.As(kind) with { Bidirectional = true };
        Embedder embedder = new(LanguageModel.Create(configuration, seed: 3), vocabulary, _backend);
        EmbeddingOptions options = new() { Session = new InferenceOptions { MemoryLength = 0, MaxSegment = 32 } };
        Task<float[]> Embed(Precision precision) => embedder.EmbedAsync("some words of a text", options with { Session = options.Session with { Precision = precision } });
        float[] exact = await Embed(Precision.Float32), rounded = await Embed(Precision.Bfloat16);
        Assert.NotEqual(exact, rounded);
        Assert.All(exact.Zip(rounded), pair => Assert.Equal(pair.First, pair.Second, 0.1f));
        InputException refused = await Assert.ThrowsAsync<InputException>(() => Embed(Precision.Int8));
        Assert.Contains("float32 or bf16", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Kinds.Encoder, Precision.Float32)]
    [InlineData(Kinds.Encoder, Precision.Bfloat16)]
    [InlineData(Kinds.TransformerXL, Precision.Float32)]
    [InlineData(Kinds.TransformerXL, Precision.Bfloat16)]
    public async Task A_text_has_the_bits_that_it_has_alone_whatever_was_embedded_before_and_whoever_owns_the_model(string kind, Precision precision)
    {
        Vocabulary vocabulary = kind == Kinds.Encoder ? new SpecialTokensVocabulary(new ByteVocabulary()) : new ByteVocabulary();
        ModelConfiguration configuration = kind == Kinds.Encoder
            ? new EncoderConfiguration { VocabularySize = 1, Layers = 2, ModelSize = 16, Heads = 2, InitialDeviation = 0.2f }.For(vocabulary, new ContextConfiguration { TargetLength = 32 })
            : new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2, InitialDeviation = 0.2f };
        LanguageModel model = LanguageModel.Create(configuration, seed: 3);
        EmbeddingOptions options = new() { Session = new InferenceOptions { MemoryLength = 16, MaxSegment = 32, Precision = precision } };
        string[] texts = ["some words of a text that is longer than one segment of it", "ab", "a", "some words of a text", "abc", "some words of a text that is longer than one segment of it"];
        List<float[]> alone = [];
        foreach (string text in texts)
        {
            alone.Add(await new Embedder(model, vocabulary, _backend).EmbedAsync(text, options));
        }

        foreach (bool owns in (bool[])[false, true])
        {
            Embedder embedder = new(model, vocabulary, _backend);
            for (int i = 0; i < texts.Length; i++)
            {
                Assert.Equal(alone[i], await embedder.EmbedAsync(texts[i], options with { Session = options.Session with { OwnsModel = owns } }));
            }
        }

        Assert.Contains(model.Parameters, parameter => parameter.Value.IsEmpty);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Segments_of_a_text_with_a_memory_are_no_second_texts_of_a_pair(bool relative)
    {
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        EncoderConfiguration configuration = (EncoderConfiguration)new EncoderConfiguration
        {
            VocabularySize = 1,
            Layers = 2,
            ModelSize = 16,
            Heads = 2,
            InitialDeviation = 0.2f,
            Positions = EncoderPositions.Relative,
            RelativeSegments = relative,
            TokenTypes = relative ? 0 : 2,
        }.For(vocabulary, new ContextConfiguration { TargetLength = 16, MemoryLength = 16 });
        LanguageModel model = LanguageModel.Create(configuration, seed: 3);
        EmbeddingOptions options = new() { Session = new InferenceOptions { MemoryLength = 16, MaxSegment = 16 } };
        string text = "some words of a text that is longer than one segment of it";
        float[] vector = await new Embedder(model, vocabulary, _backend).EmbedAsync(text, options);

        // What is learned of second texts, in whatever layer.
        foreach (Parameter parameter in model.Parameters.Where(parameter => parameter.Name == "type_emb.weight" || parameter.Name.EndsWith("seg_embed", StringComparison.Ordinal)))
        {
            parameter.Fill(value => value.Span[(value.Span.Length / 2)..].Fill(1));
        }

        Assert.Equal(vector, await new Embedder(model, vocabulary, _backend).EmbedAsync(text, options));
    }

    [Theory]
    [InlineData(EmbeddingPooling.Mean)]
    [InlineData(EmbeddingPooling.Last)]
    public async Task An_embedding_is_the_pooled_states_of_the_text_alone(EmbeddingPooling pooling)
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("\n abcdefghijklmnopqrstuvwxyz");
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });
        string text = string.Concat(Enumerable.Repeat("some words of a text ", 9));
        EmbeddingOptions options = new() { Pooling = pooling, Session = new InferenceOptions { MemoryLength = 12, MaxSegment = 32 } };
        Embedder embedder = new(model, vocabulary, _backend);
        float[] embedding = await embedder.EmbedAsync(text, options);

        InferenceSession session = InferenceSession.Create(model, _backend, options.Session with { MaxSegment = 256 });
        session.Advance([StartToken.Of(vocabulary, model), .. vocabulary.Encode(text)]);
        float[][] rows = [.. session.Hidden.Span.ToArray().Chunk(16).Skip(1)];
        for (int i = 0; i < 16; i++)
        {
            float expected = pooling == EmbeddingPooling.Last ? rows[^1][i] : (float)rows.Average(row => (double)row[i]);
            Assert.Equal(expected, embedding[i], 1e-4f);
        }

        Assert.Equal(embedding, await embedder.EmbedAsync(new DrippingStream(Encoding.UTF8.GetBytes(text), 7), options));
        float[] unit = await embedder.EmbedAsync(text, options with { Normalizes = true });
        Assert.Equal(1, unit.Sum(value => (double)value * value), 1e-5);
        await Assert.ThrowsAsync<InputException>(() => embedder.EmbedAsync("", options));
    }

    private static LanguageModel Model(string kind) => LanguageModel.Create(
        new TransformerXLConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 24, Heads = 2, EmbeddingSize = 24, InitialDeviation = 0.2f }.As(kind, rows: 48));
}
