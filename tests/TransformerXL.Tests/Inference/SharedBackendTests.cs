using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tests.Training;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Two threads at work with one backend, or with one model: right bits or an exception.</summary>
public sealed class SharedBackendTests
{
    private const int Rounds = 150;

    public static TheoryData<string, int> Cases
    {
        get
        {
            TheoryData<string, int> cases = [];
            foreach (string kind in (string[])[Kinds.TransformerXL, "clusters", Kinds.Vaswani, Kinds.Shaw, Kinds.Lstm])
            {
                cases.Add(kind, 1);
                cases.Add(kind, 2);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sessions_of_two_threads_with_one_backend_give_right_bits_or_an_exception(string kind, int threads)
    {
        LanguageModel model = Model(kind);
        using CpuBackend backend = new(threads: threads);
        float[][] expected = [Read(model, backend, 1, _ => true), Read(model, backend, 2, _ => true)];
        float[][] read = Both(seed => Read(model, backend, seed, IsInUse));
        Assert.Equal(expected[0], read[0]);
        Assert.Equal(expected[1], read[1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_disposed_backend_computes_no_more(int threads)
    {
        LanguageModel model = Model(Kinds.TransformerXL);
        CpuBackend backend = new(threads: threads);
        float[] expected = Read(model, backend, 1, _ => true);
        InferenceSession session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 4 });
        backend.Dispose();
        backend.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Advance([1]));
        using CpuBackend other = new(threads: threads);
        Assert.Equal(expected, Read(model, other, 1, _ => true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Trainings_of_two_threads_with_one_backend_give_right_bits_or_an_exception(int threads)
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(threads: threads);
        byte[][] expected = [Train(corpus, backend, 1, _ => true), Train(corpus, backend, 2, _ => true)];
        byte[][] trained = Both(seed => Train(corpus, backend, seed, IsInUse));
        Assert.Equal(expected[0], trained[0]);
        Assert.Equal(expected[1], trained[1]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forks_of_one_session_with_a_backend_each_read_at_once(string kind, int threads)
    {
        LanguageModel model = Model(kind);
        using CpuBackend first = new(threads: threads), second = new(threads: threads);
        InferenceSession session = InferenceSession.Create(model, first, Options);
        InferenceSession[] forks = [session.Fork(), session.Fork(second)];
        float[][] expected = [Read(model, first, 1, _ => true), Read(model, first, 2, _ => true)];
        float[][] read = Both(seed => Read(forks[seed - 1], seed, _ => false));
        Assert.Equal(expected[0], read[0]);
        Assert.Equal(expected[1], read[1]);
    }

    [Fact]
    public async Task A_session_goes_from_thread_to_thread()
    {
        LanguageModel model = Model(Kinds.TransformerXL);
        using CpuBackend backend = new(threads: 1);
        InferenceSession session = InferenceSession.Create(model, backend, Options);
        for (int i = 0; i < 100; i++)
        {
            // Each turn has a new thread.
            await Task.Factory.StartNew(() => session.Advance([i % 7]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        Assert.Equal(100, session.Tokens);
    }

    [Fact]
    public void A_session_in_use_refuses_every_call_and_reads_on_as_if_there_had_been_none()
    {
        LanguageModel model = Model(Kinds.TransformerXL);
        using CpuBackend backend = new(threads: 1), other = new(threads: 1);
        InferenceSession session = InferenceSession.Create(model, backend, Options), twin = InferenceSession.Create(model, other, Options), fork = session.Fork(other);
        SessionBatch batch = new(session, 2), batchOfOther = new(fork, 2);
        session.Advance([1, 2, 3]);
        twin.Advance([1, 2, 3]);
        using (backend.Enter())
        {
            Thread thread = new(() =>
            {
                AssertRefused(() => session.Advance([4]));
                AssertRefused(() => session.Logits());
                AssertRefused(() => session.NegativeLogLikelihood([1], new float[1]));
                AssertRefused(session.Reset);
                AssertRefused(() => session.Fork(other));
                AssertRefused(() => session.Save("never written"));
                AssertRefused(() => session.Load("never read"));
                AssertRefused(() => InferenceSession.Create(model, backend, Options));
                AssertRefused(() => batch.Advance([session], [1]));
                AssertRefused(() => batchOfOther.Advance([fork, session], [1, 2]));
            });
            thread.Start();
            thread.Join();
        }

        Assert.Equal((3, 0), (session.Tokens, fork.Tokens));
        session.Advance([4]);
        twin.Advance([4]);
        Assert.Equal(twin.Logits().Span, session.Logits().Span);
    }

    private static InferenceOptions Options => new() { MemoryLength = 16, MaxSegment = 24, SegmentLength = 8 };

    private static bool IsInUse(Exception exception) => exception is InvalidOperationException && exception.Message.Contains("in use by another thread", StringComparison.Ordinal);

    private static void AssertRefused(Action call) => Assert.True(Record.Exception(call) is { } exception && IsInUse(exception));

    private static LanguageModel Model(string kind)
    {
        TransformerXLConfiguration configuration = new() { VocabularySize = 60, Layers = 2, ModelSize = 24, Heads = 2, InitialDeviation = 0.2f };
        return kind == "clusters"
            ? LanguageModel.Create(configuration with { Cutoffs = [10, 30], EmbeddingDivisor = 2 })
            : LanguageModel.Create(configuration.As(kind, rows: 64));
    }

    /// <summary>What two threads compute at the same time.</summary>
    private static T[] Both<T>(Func<int, T> compute)
    {
        using Barrier barrier = new(2);
        Task<T>[] tasks = [.. Enumerable.Range(1, 2).Select(seed => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return compute(seed);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        return Task.WhenAll(tasks).GetAwaiter().GetResult();
    }

    private static float[] Read(LanguageModel model, CpuBackend backend, int seed, Func<Exception, bool> again) =>
        Read(Again(() => InferenceSession.Create(model, backend, Options), again), seed, again);

    /// <summary>Losses of random tokens, read one by one and in segments.</summary>
    private static float[] Read(InferenceSession session, int seed, Func<Exception, bool> again)
    {
        Random random = new(seed);
        List<float> result = [];
        for (int round = 0; round < Rounds; round++)
        {
            int[] ids = [.. Enumerable.Range(0, round % 3 == 0 ? 24 : 1).Select(_ => random.Next(60))];
            float[] nll = new float[ids.Length];
            Again(() => { session.Advance(ids); return 0; }, again);
            Again(() => { session.NegativeLogLikelihood(ids, nll); return 0; }, again);
            result.AddRange(nll);
        }

        return [.. result];
    }

    private static byte[] Train(Corpus corpus, CpuBackend backend, int seed, Func<Exception, bool> again)
    {
        RunConfiguration configuration = TinyRun.Configuration(corpus);
        TrainingConfiguration training = configuration.Training with { Seed = (ulong)seed };
        LanguageModel model = LanguageModel.Create(configuration.Model, training.Seed);
        TrainingStep step = new(model, configuration.Context, training, backend);
        int[] inputs = new int[configuration.Context.TargetLength * training.BatchSize], targets = new int[inputs.Length];
        for (int i = 1; i <= 40; i++)
        {
            for (int id = 0; id < inputs.Length; id++)
            {
                inputs[id] = ((i * 7) + (id * 3) + seed) % corpus.Vocabulary.Count;
                targets[id] = (inputs[id] + 1) % corpus.Vocabulary.Count;
            }

            Again(() => step.Run(inputs, targets, i, 1e-3), again);
        }

        return TinyRun.Weights(model);
    }

    /// <summary>A call that is made again while the exception says that the backend is in use.</summary>
    private static T Again<T>(Func<T> call, Func<Exception, bool> again)
    {
        while (true)
        {
            try
            {
                return call();
            }
            catch (InvalidOperationException exception) when (again(exception))
            {
                Thread.Yield();
            }
        }
    }
}
