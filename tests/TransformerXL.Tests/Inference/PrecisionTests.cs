using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Sessions in bfloat16 and in 8 bits.</summary>
public sealed class PrecisionTests(Backends backends) : IClassFixture<Backends>
{
    private static readonly InferenceOptions Options = new() { MemoryLength = 30, MaxSegment = 40 };

    public static TheoryData<string, Precision> Models
    {
        get
        {
            TheoryData<string, Precision> data = [];
            foreach (string name in (string[])[nameof(SmallModels.Plain), nameof(SmallModels.PreNorm), nameof(SmallModels.Odd), nameof(SmallModels.TiedProjection), nameof(SmallModels.Gated), "Lstm", "Clusters", "Projected clusters"])
            {
                data.Add(name, Precision.Bfloat16);
                data.Add(name, Precision.Int8);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Losses_are_near_those_of_float32_but_not_the_same(string name, Precision precision)
    {
        LanguageModel model = Named(name);
        foreach (Isa isa in Backends.Isas)
        {
            float[] exact = Nll(model, backends.Get(isa), Options, 40), rounded = Nll(model, backends.Get(isa), Options with { Precision = precision }, 40);
            double[] errors = [.. exact.Zip(rounded, (a, b) => (double)Math.Abs(a - b))];
            double mean = errors.Average();

            // Weights of deviation 0.2 make logits of a few units. One rounding moves a value by 2^-9 (bfloat16) or by up to 1/254 of its row's
            // largest (8 bits), some tens of them follow one another in the layers, and independent errors add as their square root.
            Assert.InRange(mean, 1e-6, precision == Precision.Bfloat16 ? 0.03 : 0.1);
            Assert.True(errors.Max() < 8 * mean + 0.05, $"{isa}: {errors.Max()} at a mean of {mean}");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Losses_and_logits_say_the_same(string name, Precision precision)
    {
        LanguageModel model = Named(name);
        InferenceSession session = InferenceSession.Create(model, backends.Get(CpuBackend.Best), Options with { Precision = precision });
        int[] ids = RandomIds(24, model);
        float[] nll = new float[1];
        for (int i = 0; i < 23; i++)
        {
            session.Advance(ids.AsSpan(i, 1));
            session.NegativeLogLikelihood(ids.AsSpan(i + 1, 1), nll);
            float[] logits = session.Logits().Span.ToArray();
            double max = logits.Max(), expected = max + Math.Log(logits.Sum(logit => Math.Exp(logit - max))) - logits[ids[i + 1]];
            Assert.Equal(expected, nll[0], 2e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void One_by_one_in_chunks_and_with_any_number_of_threads_the_bits_are_the_same(string name, Precision precision)
    {
        LanguageModel model = Named(name);
        InferenceOptions options = Options with { Precision = precision };
        float[] expected = Nll(model, backends.Get(CpuBackend.Best), options, 1);
        foreach (int threads in (int[])[1, 2, 3])
        {
            foreach (int chunk in (int[])[1, 3, 8])
            {
                Assert.Equal(expected, Nll(model, backends.Get(CpuBackend.Best, threads), options, chunk));
            }

            Assert.Equal(Nll(model, backends.Get(CpuBackend.Best), options, 40), Nll(model, backends.Get(CpuBackend.Best, threads), options, 40));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_saved_memory_and_a_fork_go_on_alike_and_float32_takes_the_memory_too(string name, Precision precision)
    {
        using TemporaryFolder folder = new();
        string path = folder["memory.safetensors"];
        LanguageModel model = Named(name);
        CpuBackend backend = backends.Get(CpuBackend.Best);
        InferenceSession session = InferenceSession.Create(model, backend, Options with { Precision = precision });
        int[] ids = RandomIds(75, model);
        session.Advance(ids.AsSpan(0, 40));
        session.Advance(ids.AsSpan(40, 25));
        session.Save(path);
        InferenceSession loaded = InferenceSession.Create(model, backend, session.Options), exact = InferenceSession.Create(model, backend, Options), fork = session.Fork();
        loaded.Load(path);
        exact.Load(path);
        foreach (int id in ids[65..])
        {
            session.Advance([id]);
            loaded.Advance([id]);
            fork.Advance([id]);
            exact.Advance([id]);
            Assert.Equal(session.Logits().Span, loaded.Logits().Span);
            Assert.Equal(session.Logits().Span, fork.Logits().Span);
            Assert.Equal(session.MemoryRows, exact.MemoryRows);
        }
    }

    [Theory]
    [InlineData(nameof(SmallModels.Odd), Precision.Bfloat16)]
    [InlineData(nameof(SmallModels.Odd), Precision.Int8)]
    [InlineData("Lstm", Precision.Int8)]
    [InlineData("Clusters", Precision.Bfloat16)]
    [InlineData("Projected clusters", Precision.Int8)]
    public void After_the_first_segments_nothing_is_allocated(string name, Precision precision)
    {
        LanguageModel model = Named(name);
        CpuBackend backend = backends.Get(CpuBackend.Best);
        InferenceSession session = InferenceSession.Create(model, backend, Options with { Precision = precision });
        int[] ids = RandomIds(41, model);
        float[] nll = new float[40];
        Read();
        Read();
        Assert.Equal(0, Allocations.MinOf(Read));

        void Read()
        {
            for (int length = 40; length > 0; length--)
            {
                session.Advance(ids.AsSpan(0, length));
                session.NegativeLogLikelihood(ids.AsSpan(1, length), nll.AsSpan(0, length));
                session.Logits();
            }
        }
    }

    [Fact]
    public void Keys_and_values_take_half_the_bytes_and_forks_share_the_weights()
    {
        CpuBackend backend = backends.Get(CpuBackend.Best);
        TransformerXLModel model = SmallModels.Plain;
        InferenceSession exact = InferenceSession.Create(model, backend, Options);
        InferenceSession session = InferenceSession.Create(model, backend, Options with { Precision = Precision.Int8 });
        Assert.Equal(exact.MemoryBytes, 2 * session.MemoryBytes);
        Assert.Same(session.Engine.Weights, session.Fork().Engine.Weights);
        session.Advance(RandomIds(40, model));
        session.Advance(RandomIds(40, model));
        Assert.Equal(0, session.Engine.Weights.PackedBytes);
    }

    [Theory]
    [InlineData(Kinds.Shaw, true)]
    [InlineData(Kinds.Vaswani, true)]
    [InlineData(Kinds.AlRfou, false)]
    public void Other_kinds_are_read_in_bfloat16_and_refuse_8_bits_by_name(string kind, bool recurrent)
    {
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 24, Heads = 3 }.AsAttention(kind, rows: 12));
        CpuBackend backend = backends.Get(CpuBackend.Best);
        InferenceOptions options = new() { MemoryLength = recurrent ? 4 : 7, MaxSegment = 8, Recurrent = recurrent };
        float[] exact = Nll(model, backend, options, 8), rounded = Nll(model, backend, options with { Precision = Precision.Bfloat16 }, 8);
        Assert.InRange(exact.Zip(rounded, (a, b) => Math.Abs(a - b)).Average(), 1e-6, 0.03);
        InputException refused = Assert.Throws<InputException>(() => InferenceSession.Create(model, backend, options with { Precision = Precision.Int8 }));
        Assert.Equal($"int8 is for models of kind TransformerXL, Lstm, Gru, Rnn, but this one is of kind {kind}; it can be read in float32 or bf16", refused.Message);
    }

    [Fact]
    public void What_has_no_meaning_is_refused_by_name()
    {
        Assert.Contains("precision is 9, but must be one of", Refusal(() => (Options with { Precision = (Precision)9 }).Validate()), StringComparison.Ordinal);
        Assert.Contains("is Int8, which is for inference only", Refusal(() => new TrainingConfiguration { Precision = Precision.Int8 }.Validate()), StringComparison.Ordinal);
        TransformerXLModel wide = new(new TransformerXLConfiguration { VocabularySize = 9, Layers = 1, ModelSize = 2, Heads = 1, InnerSize = 140_000 });
        Assert.Contains(
            "inner size is 140000, but int8 takes at most 133144",
            Refusal(() => InferenceSession.Create(wide, backends.Get(CpuBackend.Best), Options with { Precision = Precision.Int8 })),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Plain", Precision.Float32)]
    [InlineData("Plain", Precision.Int8)]
    [InlineData("Clusters", Precision.Float32)]
    [InlineData("Clusters", Precision.Bfloat16)]
    [InlineData("Projected clusters", Precision.Int8)]
    public void A_target_outside_the_vocabulary_is_refused_by_its_own_number_whatever_the_softmax(string name, Precision precision)
    {
        LanguageModel model = Named(name);
        InferenceSession session = InferenceSession.Create(model, backends.Get(CpuBackend.Best), Options with { Precision = precision });
        session.Advance([1, 2]);
        foreach (int target in (int[])[-1, model.Configuration.VocabularySize])
        {
            ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(() => session.NegativeLogLikelihood([3, target], new float[2]));
            Assert.Equal("targets", refused.ParamName);
            Assert.Contains($"id {target} is outside the vocabulary of {model.Configuration.VocabularySize}", refused.Message, StringComparison.Ordinal);
        }
    }

    private static string Refusal(Action action) => Assert.Throws<InputException>(action).Message;

    private static LanguageModel Named(string name) => name switch
    {
        "Lstm" => new RecurrentModel(new LstmConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 24, EmbeddingSize = 24, InitialDeviation = 0.2f }),
        "Clusters" => SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 61, Layers = 2, ModelSize = 24, Heads = 3, Cutoffs = [11, 30] }),
        "Projected clusters" => SmallModels.Create(
            new TransformerXLConfiguration { VocabularySize = 61, Layers = 2, ModelSize = 24, Heads = 3, EmbeddingSize = 20, EmbeddingDivisor = 2, Cutoffs = [11, 30] }),
        _ => SmallModels.Named(name),
    };

    private static int[] RandomIds(int count, LanguageModel model)
    {
        Random random = new(11);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Configuration.VocabularySize))];
    }

    /// <summary>The loss of 120 tokens that are read so many at a time.</summary>
    private static float[] Nll(LanguageModel model, CpuBackend backend, InferenceOptions options, int chunk)
    {
        InferenceSession session = InferenceSession.Create(model, backend, options);
        int[] ids = RandomIds(121, model);
        float[] nll = new float[120];
        for (int first = 0; first < 120; first += chunk)
        {
            int count = Math.Min(chunk, 120 - first);
            session.Advance(ids.AsSpan(first, count));
            session.NegativeLogLikelihood(ids.AsSpan(first + 1, count), nll.AsSpan(first, count));
        }

        return nll;
    }
}
