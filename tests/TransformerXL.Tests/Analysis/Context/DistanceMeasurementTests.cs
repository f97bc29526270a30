using TransformerXL.Analysis.Context;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Tests.Inference;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Synthetic;
using Xunit;

namespace TransformerXL.Tests.Analysis.Context;

public sealed class DistanceMeasurementTests : IDisposable
{
    private static readonly ContextConfiguration Training = new() { TargetLength = 8, MemoryLength = 8 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_classes_together_are_the_score_of_the_text_and_the_optimum_of_the_generator()
    {
        (TransformerXLModel model, Corpus corpus, TextOptimum optimum) = Prepare();
        using CpuBackend backend = new(threads: 1);
        IReadOnlyList<DistanceLoss> classes = DistanceMeasurement.Measure("m", model, Training, backend, corpus.Test, optimum);
        InferenceSession session = InferenceSession.Create(model, backend, ScoringOptions.ForTrained(Training).Session());
        double sum = 0;
        int[] ids = new int[optimum.Count];
        corpus.Test.Read(0, ids);
        float[] nll = new float[1];
        for (int t = 1; t < ids.Length; t++)
        {
            session.Advance(ids.AsSpan(t - 1, 1));
            session.NegativeLogLikelihood(ids.AsSpan(t, 1), nll);
            sum += nll[0];
        }

        Assert.Equal(optimum.Count - 1, classes.Sum(own => own.Count));
        Assert.Equal(sum / (optimum.Count - 1), classes.Sum(own => own.Loss * own.Count) / (optimum.Count - 1), 1e-4);
        Assert.Equal(optimum.Nats[1..].ToArray().Sum(value => (double)value), classes.Sum(own => own.Optimum * own.Count), 1e-3);
    }

    [Fact]
    public void Distances_fall_into_classes_that_double()
    {
        (TransformerXLModel model, Corpus corpus, TextOptimum optimum) = Prepare();
        using CpuBackend backend = new(threads: 1);
        IReadOnlyList<DistanceLoss> classes = DistanceMeasurement.Measure("m", model, Training, backend, corpus.Test, optimum);
        Assert.Equal([(0, 0), (1, 1), (3, 4), (5, 8)], classes.Take(4).Select(own => (own.Minimum, own.Maximum)));
        Assert.Equal(optimum.Distances[1..].ToArray().Count(distance => distance is >= 5 and <= 8), classes[3].Count);
    }

    [Fact]
    public void An_optimum_of_another_text_is_refused()
    {
        (TransformerXLModel model, Corpus corpus, TextOptimum optimum) = Prepare();
        using CpuBackend backend = new(threads: 1);
        InputException exception = Assert.Throws<InputException>(() => DistanceMeasurement.Measure("m", model, Training, backend, corpus.Train, optimum));
        Assert.Contains("the optimum of 500 characters is not that of the training text, which has 10000 characters", exception.Message, StringComparison.Ordinal);
    }

    private (TransformerXLModel Model, Corpus Corpus, TextOptimum Optimum) Prepare()
    {
        SyntheticCorpus.Write(new NestedLanguage(depth: 5, symbols: 3), _folder["data"], 10_000, seed: 2);
        Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = _folder["data"] }, _folder["cache"]);
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = corpus.Vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });
        return (model, corpus, TextOptimum.OfTestText(_folder["data"])!);
    }
}
