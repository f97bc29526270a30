using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Testing.Reference;
using TransformerXL.Training;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Models, training and sessions name the abstract backend: they run on the reference backend of the tests as well.</summary>
public sealed class ReferenceBackendModelTests
{
    private const int Vocabulary = 40;

    public static TheoryData<string> Models => [.. Kinds.Causal, "clusters"];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_session_computes_the_logits_and_likelihoods_that_it_computes_on_the_processors_backend(string name)
    {
        LanguageModel model = Model(name);
        using CpuBackend cpu = new(threads: 1);
        foreach (Precision precision in new[] { Precision.Float32, Precision.Bfloat16 })
        {
            double[] expected = Array.ConvertAll(Read(model, new ReferenceBackend(), precision), value => (double)value);
            string? mismatch = Tolerance.Mismatch(Read(model, cpu, precision), expected, precision == Precision.Float32 ? 1e-5 : 0.03, 1);
            Assert.True(mismatch is null, $"{precision}: {mismatch}");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Training_steps_have_the_losses_and_weights_of_the_processors_backend(string name)
    {
        using CpuBackend cpu = new(threads: 1);
        double[] expected = Train(Model(name), new ReferenceBackend());
        string? mismatch = Tolerance.Mismatch([.. Train(Model(name), cpu).Select(value => (float)value)], expected, 1e-5, 1);
        Assert.True(mismatch is null, mismatch);
    }

    [Fact]
    public void A_session_moves_to_another_class_of_backend_by_its_saved_state_and_not_by_a_fork()
    {
        LanguageModel model = Model(Kinds.TransformerXL);
        using CpuBackend cpu = new(threads: 1);
        InferenceOptions options = new() { MemoryLength = 6 };
        InferenceSession session = InferenceSession.Create(model, cpu, options), other = InferenceSession.Create(model, new ReferenceBackend(), options);
        session.Advance(Ids(9));
        ArgumentException refused = Assert.Throws<ArgumentException>(() => session.Fork(new ReferenceBackend()));
        Assert.Contains("a session on a CpuBackend cannot continue on a ReferenceBackend", refused.Message, StringComparison.Ordinal);
        using MemoryStream stream = new();
        session.Save(stream);
        stream.Position = 0;
        other.Load(stream);
        session.Advance(Ids(3));
        other.Advance(Ids(3));
        Assert.Null(Tolerance.Mismatch(session.Logits().Span, Array.ConvertAll(other.Logits().Span.ToArray(), value => (double)value), 1e-5, 1));
    }

    private static LanguageModel Model(string name)
    {
        TransformerXLConfiguration configuration = new() { VocabularySize = Vocabulary, Layers = 2, ModelSize = 24, Heads = 2, InitialDeviation = 0.2f };
        return name == "clusters"
            ? LanguageModel.Create(configuration with { Cutoffs = [10, 30], EmbeddingDivisor = 2 })
            : LanguageModel.Create(configuration.As(name, rows: 64));
    }

    private static int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(i => ((i * i) + (3 * i)) % Vocabulary)];

    /// <summary>Logits after a prompt and after single tokens, and the likelihoods of a second part.</summary>
    private static float[] Read(LanguageModel model, Backend backend, Precision precision)
    {
        List<float> read = [];
        InferenceSession session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 6, MaxSegment = 12, Precision = precision });
        foreach (int[] part in new[] { Ids(12), [5], [7], Ids(12) })
        {
            session.Advance(part);
            read.AddRange(session.Logits().Span);
        }

        float[] nll = new float[12];
        session.NegativeLogLikelihood(Ids(13).AsSpan(1), nll);
        return [.. read, .. nll];
    }

    /// <summary>The losses and gradient norms of some steps, and the weights after them.</summary>
    private static double[] Train(LanguageModel model, Backend backend)
    {
        ContextConfiguration context = new() { TargetLength = 6, MemoryLength = model.Configuration.Family.KeepsContext ? 6 : 0 };
        TrainingConfiguration training = new() { Steps = 3, BatchSize = 2, BatchChunks = 1, Optimizer = new OptimizerOptions { Kind = OptimizerKind.Sgd, Momentum = 0.5 } };
        TrainingStep step = new(model, context, training, backend);
        List<double> results = [];
        for (int i = 1; i <= 3; i++)
        {
            int[] ids = Ids(14 + i);
            (double loss, double norm) = step.Run(ids.AsSpan(i, 12), ids.AsSpan(i + 2, 12), i, 0.1);
            results.AddRange([loss, norm]);
        }

        results.AddRange(model.Parameters.SelectMany(parameter => Array.ConvertAll(parameter.Value.Span.ToArray(), value => (double)value)));
        return [.. results];
    }
}
