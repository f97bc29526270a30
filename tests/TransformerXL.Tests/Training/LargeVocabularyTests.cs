using System.Text;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>Training with a vocabulary whose logits would not fit.</summary>
public sealed class LargeVocabularyTests
{
    private const int Words = 50_000, Streams = 8, Targets = 32;

    [Fact]
    public async Task Fifty_thousand_words_are_learnt_without_storing_their_logits()
    {
        StringWriter text = new(new StringBuilder());
        ZipfText.Write(text, Words);
        using Corpus corpus = Corpus.FromText(
            text.ToString(), new CorpusOptions { ValidationFraction = 0, TestFraction = 0, Vocabulary = new VocabularyOptions { Kind = VocabularyKind.Words } });
        Assert.Equal(Words + 2, corpus.Vocabulary.Count);
        using CpuBackend backend = new();
        RunConfiguration configuration = new()
        {
            Model = new TransformerXLConfiguration { VocabularySize = corpus.Vocabulary.Count, Cutoffs = [4000, 20000], Layers = 1, ModelSize = 16, Heads = 2, InnerSize = 16, Dropout = 0 },
            Context = new ContextConfiguration { TargetLength = Targets, MemoryLength = Targets },
            Training = new TrainingConfiguration { Steps = 2, BatchSize = Streams, LearningRate = 0.01, ReportEvery = 1, SampleTokens = 0 },
        };
        TinyRun.Collector reports = new();
        Trainer trainer = Trainer.Create(configuration, corpus, backend);
        await trainer.RunAsync(reports);
        Assert.Equal(2, reports.Steps.Count());
        Assert.All(reports.Steps, step => Assert.InRange(step.Loss, 5, 2 * Math.Log(Words)));

        // All logits of a step are 51 MB. The tiles of head and two tails may take 8 MiB each, all else is small.
        const long Logits = (long)Streams * Targets * Words * sizeof(float);
        Assert.InRange(trainer.StepBytes, 1, 3L * (8 << 20) + (4 << 20));
        Assert.True(Logits > 1.5 * trainer.StepBytes);
    }
}
