using System.Text;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Tests.Training;

/// <summary>A text with a little structure, and a model small enough to train on it in a moment.</summary>
internal static class TinyRun
{
    public static Corpus Corpus(int sentences = 400, VocabularyOptions? vocabulary = null)
    {
        string[] nouns = ["cat", "dog", "bird", "fish"], verbs = ["sees", "likes", "follows"];
        StringBuilder text = new();
        for (int i = 0; i < sentences; i++)
        {
            text.Append("the ").Append(nouns[i * 7 % 4]).Append(' ').Append(verbs[i * 5 % 3]).Append(" the ").Append(nouns[i * 3 % 4]).Append(".\n");
        }

        return TransformerXL.Training.Corpora.Corpus.FromText(text.ToString(), new CorpusOptions { ValidationFraction = 0.1, TestFraction = 0.1, Vocabulary = vocabulary });
    }

    public static RunConfiguration Configuration(Corpus corpus, long steps = 20) => new()
    {
        Model = new TransformerXLConfiguration
        {
            VocabularySize = corpus.Vocabulary.Count,
            Layers = 2,
            ModelSize = 24,
            Heads = 2,
            HeadSize = 10,
            InnerSize = 40,
            Dropout = 0.1f,
            AttentionDropout = 0.1f,
        },
        Context = new ContextConfiguration { TargetLength = 12, MemoryLength = 20 },
        Training = new TrainingConfiguration
        {
            Steps = steps,
            BatchSize = 4,
            BatchChunks = 2,
            LearningRate = 1e-3,
            WarmupSteps = 5,
            ValidateEvery = 10,
            CheckpointEvery = 7,
            ReportEvery = 1,
            SampleTokens = 20,
        },
    };

    public static byte[] Weights(LanguageModel model)
    {
        using MemoryStream bytes = new();
        foreach (Parameter parameter in model.Parameters)
        {
            bytes.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(parameter.Value.Span));
        }

        return bytes.ToArray();
    }

    /// <summary>Reports in the order in which they come.</summary>
    public sealed class Collector(Action<TrainingReport>? also = null) : IProgress<TrainingReport>
    {
        public List<TrainingReport> Reports { get; } = [];

        public IEnumerable<StepReport> Steps => Reports.OfType<StepReport>();

        public void Report(TrainingReport value)
        {
            Reports.Add(value);
            also?.Invoke(value);
        }
    }
}
