using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Packed weights that sessions keep.</summary>
public sealed class SessionWeightTests
{
    private static readonly InferenceOptions Options = new() { MemoryLength = 40, Streams = 2, MaxSegment = 20, SegmentLength = 10, Visibility = ContextVisibility.Segment };

    [Theory]
    [InlineData(nameof(SmallModels.Plain))]
    [InlineData(nameof(SmallModels.PreNorm))]
    [InlineData(nameof(SmallModels.Odd))]
    public void Kept_packed_weights_give_the_bits_that_weights_packed_for_one_product_give(string name)
    {
        TransformerXLModel model = SmallModels.Named(name);
        int[] ids = SmallModels.RandomIds(121 * Options.Streams, model);
        foreach (Isa isa in SmallModels.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            float[] packedEachTime = Read(() => InferenceSession.Create(model, backend, Options), ids);
            InferenceSession session = InferenceSession.Create(model, backend, Options);
            float[] kept = Read(() => session, ids);
            Assert.True(Bytes(session) > 0);
            Assert.Equal(packedEachTime, kept);
        }
    }

    [Theory]
    [InlineData(nameof(SmallModels.Plain), Precision.Float32)]
    [InlineData(nameof(SmallModels.Odd), Precision.Float32)]
    [InlineData(nameof(SmallModels.TiedProjection), Precision.Float32)]
    [InlineData(nameof(SmallModels.TiedProjection), Precision.Bfloat16)]
    [InlineData(nameof(SmallModels.TiedProjection), Precision.Int8)]
    [InlineData(nameof(SmallModels.Gated), Precision.Bfloat16)]
    [InlineData(nameof(SmallModels.PreNorm), Precision.Bfloat16)]
    [InlineData(nameof(SmallModels.Plain), Precision.Int8)]
    public void A_session_that_owns_its_model_gives_the_same_bits(string name, Precision precision)
    {
        TransformerXLModel model = SmallModels.Named(name);
        int[] ids = SmallModels.RandomIds(121 * Options.Streams, model);
        using CpuBackend backend = new(threads: 2);
        float[] expected = ReadOn(InferenceSession.Create(model, backend, Options with { Precision = precision }), ids);
        InferenceSession owner = InferenceSession.Create(model, backend, Options with { Precision = precision, OwnsModel = true });
        Assert.Equal(expected, ReadOn(owner, ids));
        int given = model.Parameters.Count(parameter => parameter.Value.IsEmpty);
        Assert.True(given >= 5 * model.Configuration.Layers);
        Assert.All(model.Parameters.Where(parameter => parameter.Name.EndsWith("r_net.weight", StringComparison.Ordinal)), parameter => Assert.True(parameter.Value.IsEmpty));
        Assert.Contains("belongs to another session", Assert.Throws<InvalidOperationException>(() => SmallModels.NllByHiddenStates(model, backend, ids, 1, new ContextConfiguration { TargetLength = 8, MemoryLength = 8 })).Message, StringComparison.Ordinal);
        Assert.Contains("has given its memory", Assert.Throws<InvalidOperationException>(() => ReadOn(InferenceSession.Create(model, backend, Options), ids)).Message, StringComparison.Ordinal);
        Assert.Contains("has given its memory", Assert.Throws<InvalidOperationException>(() => owner.Save(Stream.Null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Bfloat16)]
    public void Segments_and_single_tokens_take_turns_in_a_session_that_owns_its_model(Precision precision)
    {
        TransformerXLModel model = SmallModels.Plain;
        using CpuBackend backend = new(threads: 2);
        InferenceOptions options = Options with { Precision = precision };
        int[] tokens = [20, 1, 20, 20, 1, 20, 1, 1, 1, 20, 20, 1, 1, 1];
        List<float> expected = ReadInTurns(InferenceSession.Create(model, backend, options), model, tokens);
        InferenceSession owner = InferenceSession.Create(model, backend, options with { OwnsModel = true });
        Assert.Equal(expected, ReadInTurns(owner, model, tokens));
        Assert.True(Bytes(owner) > 0);
    }

    [Fact]
    public void Attention_is_not_shown_by_a_session_that_owns_its_model()
    {
        TransformerXLModel model = SmallModels.Plain;
        using CpuBackend backend = new(threads: 1);
        InferenceSession session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 8, MaxSegment = 8, OwnsModel = true });
        Assert.Contains("owns its model", Assert.Throws<InputException>(() => session.AdvanceWithAttention(1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Bfloat16)]
    public void A_recurrent_session_that_owns_its_model_gives_the_same_bits(Precision precision)
    {
        using CpuBackend backend = new(threads: 2);
        foreach (RecurrentConfiguration configuration in (RecurrentConfiguration[])[new LstmConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 24 }, new GruConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 24 }])
        {
            LanguageModel model = LanguageModel.Create(configuration);
            Random random = new(4);
            int[] ids = [.. Enumerable.Range(0, 121 * Options.Streams).Select(_ => random.Next(29))];
            InferenceOptions options = Options with { MemoryLength = 0, Precision = precision };
            float[] expected = ReadOn(InferenceSession.Create(model, backend, options), ids);
            Assert.Equal(expected, ReadOn(InferenceSession.Create(model, backend, options with { OwnsModel = true }), ids));
            Assert.True(model.Parameters.Count(parameter => parameter.Value.IsEmpty) >= configuration.Layers);
        }
    }

    [Theory]
    [InlineData(float.NaN, "holds values that are not finite")]
    [InlineData(float.NegativeInfinity, "holds values that are not finite")]
    [InlineData(-1e25f, "up to 1E+25 in 'layers.1.")]
    public void A_session_that_owns_its_model_names_the_weight_that_is_at_fault(float value, string expected)
    {
        TransformerXLModel model = SmallModels.Plain;
        foreach (Parameter parameter in model.Parameters.Where(parameter => parameter.Name is "layers.1.pos_ff.CoreNet.0.weight" or "layers.1.pos_ff.CoreNet.3.weight"))
        {
            parameter.Value.Span.Fill(value);
        }

        using CpuBackend backend = new(threads: 1);
        NotFiniteException error = Assert.Throws<NotFiniteException>(() => new Evaluator(model, backend).Evaluate(
            TokenFile.FromIds(SmallModels.RandomIds(200, model), 29), new EvaluationOptions { Context = new ContextConfiguration { TargetLength = 16, MemoryLength = 16 }, OwnsModel = true }));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_long_segment_and_single_tokens_keep_no_packed_weights()
    {
        TransformerXLModel model = SmallModels.Plain;
        using CpuBackend backend = new(threads: 1);
        InferenceSession session = InferenceSession.Create(model, backend, Options);
        session.Advance(SmallModels.RandomIds(40, model));
        for (int i = 0; i < 5; i++)
        {
            session.Advance([1, 2]);
        }

        Assert.Equal(0, Bytes(session));
        session.Advance(SmallModels.RandomIds(10, model));
        Assert.True(Bytes(session) >= model.Configuration.Layers * 24 * ((4 * 24) + (2 * model.Configuration.InnerSize)) * sizeof(float));
    }

    [Fact]
    public void Forks_share_packed_weights_and_one_with_another_instruction_set_does_without()
    {
        TransformerXLModel model = SmallModels.Plain;
        using CpuBackend backend = new(threads: 1), scalar = new(Isa.Scalar, 1);
        int[] ids = SmallModels.RandomIds(40, model);
        InferenceSession session = InferenceSession.Create(model, backend, Options);
        session.Advance(ids);
        session.Advance(ids);
        long bytes = Bytes(session);
        InferenceSession fork = session.Fork(), onScalar = session.Fork(scalar), expected = InferenceSession.Create(model, scalar, Options);
        Assert.Same(session.Engine.Weights, fork.Engine.Weights);
        fork.Advance(ids);
        session.Advance(ids);
        Assert.Equal(session.Hidden.Span, fork.Hidden.Span);
        Assert.Equal(bytes, Bytes(fork));

        onScalar.Reset();
        onScalar.Advance(ids);
        expected.Advance(ids);
        Assert.Equal(expected.Hidden.Span, onScalar.Hidden.Span);
    }

    [Fact]
    public void Forks_share_prepared_weights_and_working_memory_whatever_the_kind_and_cost_their_state_alone()
    {
        using CpuBackend backend = new(threads: 1);
        LanguageModel[] models =
        [
            SmallModels.Plain,
            new RecurrentModel(new LstmConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 24, EmbeddingSize = 24 }),
            SmallModels.Create(new ShawConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 24, Heads = 3, PositionRows = 12 }),
        ];
        foreach (LanguageModel model in models)
        {
            InferenceSession session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 8, MaxSegment = 8, Precision = Precision.Bfloat16 });
            InferenceSession fork = session.Fork();
            Assert.Same(session.Engine, fork.Engine);
            using CpuBackend other = new(Isa.Scalar, 1);
            Assert.Same(session.Engine.Weights, session.Fork(other).Engine.Weights);
            session.Advance([1, 2, 3], results: 1);
            fork.Advance([4], results: 1);
            float[] expected = session.Logits().Span.ToArray();
            InferenceSession alone = InferenceSession.Create(model, backend, session.Options);
            alone.Advance([1, 2, 3], results: 1);
            Assert.Equal(alone.Logits().Span.ToArray(), expected);
        }
    }

    private static long Bytes(InferenceSession session) => session.Engine.Weights.PackedBytes;

    /// <summary>The hidden states of every segment, each read by the session that is asked for, which goes on from the one before.</summary>
    private static float[] Read(Func<InferenceSession> next, int[] ids)
    {
        List<float> result = [];
        using TemporaryFolder folder = new();
        string path = folder["memory.safetensors"];
        for (int first = 0; first < ids.Length; first += 40)
        {
            InferenceSession session = next();
            if (first > 0)
            {
                session.Load(path);
            }

            session.Advance(ids.AsSpan(first, Math.Min(40, ids.Length - first)));
            Tensor hidden = session.Hidden;
            result.AddRange(hidden.Span);
            session.Save(path);
        }

        return [.. result];
    }

    private static List<float> ReadInTurns(InferenceSession session, TransformerXLModel model, int[] tokens)
    {
        List<float> result = [];
        foreach (int count in tokens)
        {
            session.Advance(SmallModels.RandomIds(count * Options.Streams, model));
            result.AddRange(session.Hidden.Span);
        }

        return result;
    }

    private static float[] ReadOn(InferenceSession session, int[] ids)
    {
        List<float> result = [];
        for (int first = 0; first < ids.Length; first += 40)
        {
            ReadOnlySpan<int> segment = ids.AsSpan(first, Math.Min(40, ids.Length - first));
            float[] nll = new float[segment.Length];
            session.Advance(segment);
            session.NegativeLogLikelihood(segment, nll);
            result.AddRange(session.Hidden.Span);
            result.AddRange(nll);
            result.AddRange(session.Logits().Span);
        }

        return [.. result];
    }
}
