using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Reference;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Sessions that read together get what each gets alone.</summary>
public sealed class SessionBatchTests
{
    // More than one product takes.
    private const int Sessions = 37, Steps = 40;

    public static TheoryData<string, Precision> Cases => new()
    {
        { nameof(SmallModels.Plain), Precision.Float32 },
        { nameof(SmallModels.PreNorm), Precision.Float32 },
        { nameof(SmallModels.Odd), Precision.Bfloat16 },
        { nameof(SmallModels.Gated), Precision.Float32 },
        { nameof(SmallModels.TiedProjection), Precision.Int8 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sessions_of_different_ages_get_the_same_bits_as_alone(string name, Precision precision)
    {
        using CpuBackend backend = new(threads: 2);
        InferenceOptions options = new() { MemoryLength = 17, MaxSegment = 8, Precision = precision };
        Compare(InferenceSession.Create(SmallModels.Named(name), backend, options));
    }

    [Fact]
    public void Every_class_of_backend_reads_them()
    {
        ReferenceBackend backend = new();
        Compare(InferenceSession.Create(SmallModels.Plain, backend, new InferenceOptions { MemoryLength = 5, MaxSegment = 8 }), sessions: 3, steps: 4);
    }

    [Fact]
    public void Clusters_and_a_final_norm_too()
    {
        using CpuBackend backend = new(threads: 1);
        TransformerXLConfiguration configuration = new() { VocabularySize = 40, Layers = 2, ModelSize = 24, Heads = 2, PreNorm = true, FinalNorm = true, Cutoffs = [10, 25], EmbeddingDivisor = 2 };
        Compare(InferenceSession.Create(SmallModels.Create(configuration), backend, new InferenceOptions { MemoryLength = 9, MaxSegment = 8 }));
    }

    [Fact]
    public void Models_without_keys_and_values_read_one_after_the_other()
    {
        using CpuBackend backend = new(threads: 1);
        LanguageModel model = LanguageModel.Create(new LstmConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 20 }, seed: 3);
        Compare(InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 0, MaxSegment = 8 }));
    }

    [Fact]
    public void A_step_that_is_refused_changes_nothing()
    {
        using CpuBackend backend = new(threads: 1);
        InferenceOptions options = new() { MemoryLength = 8 };
        InferenceSession session = InferenceSession.Create(SmallModels.Plain, backend, options), fork = session.Fork();
        InferenceSession stranger = InferenceSession.Create(SmallModels.Plain, backend, options);
        SessionBatch batch = new(session, 2);
        Assert.Contains("from 1 to 2", Refused<ArgumentException>([session], [1, 2]), StringComparison.Ordinal);
        Assert.Contains("sessions 0 and 1 are the same", Refused<ArgumentException>([fork, fork], [1, 2]), StringComparison.Ordinal);
        Assert.Contains("session 1 is not the one", Refused<ArgumentException>([session, stranger], [1, 2]), StringComparison.Ordinal);
        Assert.Contains("id 29 is outside the vocabulary of 29", Refused<ArgumentOutOfRangeException>([session, fork], [1, 29]), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => batch.Logits());
        Assert.Equal((0, 0), (session.Tokens, fork.Tokens));
        InferenceSession wide = InferenceSession.Create(SmallModels.Plain, backend, options with { Streams = 2 });
        Assert.Contains("2 streams", Assert.Throws<ArgumentException>(() => new SessionBatch(wide, 2)).Message, StringComparison.Ordinal);

        string Refused<TException>(InferenceSession[] sessions, int[] ids) where TException : Exception =>
            Assert.Throws<TException>(() => batch.Advance(sessions, ids)).Message;
    }

    [Fact]
    public void Logits_are_those_of_the_step_whatever_its_sessions_did_since()
    {
        using CpuBackend backend = new(threads: 1);
        InferenceSession session = InferenceSession.Create(SmallModels.Plain, backend, new InferenceOptions { MemoryLength = 8 }), fork = session.Fork();
        SessionBatch batch = new(session, 2);
        batch.Advance([session, fork], [1, 2]);
        float[] before = batch.Logits().Span.ToArray();
        session.Advance([5], results: 1);
        fork.Reset();
        Assert.True(Bits.Equal(before, batch.Logits().Span));
    }

    [Fact]
    public void A_warm_step_allocates_nothing()
    {
        using CpuBackend backend = new(threads: 1);
        InferenceSession session = InferenceSession.Create(SmallModels.Plain, backend, new InferenceOptions { MemoryLength = 8, MaxSegment = 4 });
        InferenceSession[] sessions = [session, session.Fork(), session.Fork()];
        int[] ids = [1, 2, 3];
        SessionBatch batch = new(session, sessions.Length);
        Step();
        Assert.Equal(0, Allocations.MinOf(Step, rounds: 100));

        void Step()
        {
            batch.Advance(sessions, ids);
            batch.Logits();
        }
    }

    /// <summary>Session n begins n tokens into its text; each is read once together with the others and once alone.</summary>
    private static void Compare(InferenceSession first, int sessions = Sessions, int steps = Steps)
    {
        int vocabulary = first.Model.Configuration.VocabularySize;
        InferenceSession[] together = [first, .. Enumerable.Range(1, sessions - 1).Select(_ => first.Fork())];
        InferenceSession[] alone = [.. together.Select(session => session.Fork())];
        for (int i = 0; i < sessions; i++)
        {
            for (int t = 0; t < i; t++)
            {
                together[i].Advance([Id(i, t)], results: 1);
                alone[i].Advance([Id(i, t)], results: 1);
            }
        }

        SessionBatch batch = new(first, sessions);
        for (int t = 0; t < steps; t++)
        {
            // Now and then some rest.
            int[] reading = [.. Enumerable.Range(0, sessions).Where(i => (i + t) % 5 != 0)];
            batch.Advance([.. reading.Select(i => together[i])], [.. reading.Select(i => Id(i, (int)together[i].Tokens))]);
            ReadOnlySpan<float> logits = batch.Logits().Span;
            for (int row = 0; row < reading.Length; row++)
            {
                InferenceSession single = alone[reading[row]];
                single.Advance([Id(reading[row], (int)single.Tokens)], results: 1);
                ReadOnlySpan<float> expected = single.Logits().Span;
                Assert.True(Bits.Equal(expected, logits.Slice(row * vocabulary, vocabulary)), $"session {reading[row]}, step {t}");
                Assert.True(Bits.Equal(expected, together[reading[row]].Logits().Span), $"session {reading[row]}, step {t}, by itself");
                Assert.Equal(single.Tokens, together[reading[row]].Tokens);
            }
        }

        int Id(int session, int t) => ((session * 31) + (t * 7) + (t * t % 11)) % vocabulary;
    }
}
