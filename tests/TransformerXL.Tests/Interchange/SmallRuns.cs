using TransformerXL.Inference;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;

namespace TransformerXL.Tests.Interchange;

/// <summary>Runs that were never trained: random weights of every kind of model, with a vocabulary of as many words.</summary>
internal static class SmallRuns
{
    public static readonly ContextConfiguration Context = new() { TargetLength = 6, MemoryLength = 7, ClampLength = 9 };

    private static readonly TransformerXLConfiguration Base = new() { VocabularySize = 31, Layers = 2, ModelSize = 12, Heads = 3, HeadSize = 5, InnerSize = 17, Dropout = 0.2f };

    public static IReadOnlyDictionary<string, ModelConfiguration> Models { get; } = new Dictionary<string, ModelConfiguration>
    {
        ["plain"] = Base,
        ["pre-norm, untied"] = Base with { PreNorm = true, TieWeights = false },
        ["biases of each layer"] = Base with { UntieBiases = true },
        ["projection"] = Base with { EmbeddingSize = 7 },
        ["tied projection"] = Base with { EmbeddingSize = 7, TieProjections = ProjectionTying.All },
        ["clusters of one table"] = Base with { Cutoffs = [5, 11, 20], EmbeddingSize = 8, TieProjections = ProjectionTying.AllButFirst },
        ["clusters"] = Base with { Cutoffs = [5, 11, 20], EmbeddingDivisor = 2, TieProjections = ProjectionTying.AllButFirst, UntieBiases = true },
        ["clusters, all tied"] = Base with { Cutoffs = [5, 11], EmbeddingDivisor = 3, TieProjections = ProjectionTying.All },
        ["clusters, untied"] = Base with { Cutoffs = [5, 11], EmbeddingDivisor = 2, TieWeights = false },
        ["shaw"] = Base.As(Kinds.Shaw, rows: 13),
        ["vaswani"] = (Base with { PreNorm = true }).As(Kinds.Vaswani),
        ["al-rfou"] = (Base with { HeadSize = 4 }).As(Kinds.AlRfou, rows: 13),
        ["gelu and final norm"] = Base with { PreNorm = true, FinalNorm = true, Activation = FeedForwardActivation.Gelu },
        ["swiglu"] = Base with { Activation = FeedForwardActivation.SwiGlu },
        ["geglu, shaw"] = (Base with { Activation = FeedForwardActivation.GeGlu }).As(Kinds.Shaw, rows: 13),
        ["lstm"] = new LstmConfiguration { VocabularySize = 31, Layers = 2, ModelSize = 10, EmbeddingSize = 6, TieWeights = false },
        ["lstm, tied"] = new LstmConfiguration { VocabularySize = 31, Layers = 2, ModelSize = 10, TieWeights = true },
        ["lstm, clusters"] = new LstmConfiguration { VocabularySize = 31, Layers = 1, ModelSize = 10, EmbeddingSize = 6, Cutoffs = [5, 11] },
    };

    public static WordVocabulary Words(int count = 31) => new(["<eos>", "<unk>", .. Enumerable.Range(2, count - 2).Select(id => $"w{id}")]);

    /// <summary>The line of all words, some of them twice.</summary>
    public static string Text => string.Join(' ', Enumerable.Range(0, 40).Select(i => $"w{2 + (i * i * 7 % 29)}")) + "\nunknown w3 w4\n";

    public static ModelFolder Create(string path, ModelConfiguration model, Vocabulary? vocabulary = null)
    {
        model = model with { InitialDeviation = 0.3f, ProjectionDeviation = 0.3f };
        LanguageModel created = LanguageModel.Create(model, seed: 5);
        Random random = new(3);
        foreach (Parameter parameter in created.Parameters.Where(parameter => parameter.Name.EndsWith("bias", StringComparison.Ordinal)))
        {
            foreach (ref float value in parameter.Value.Span)
            {
                value += (float)random.NextDouble() - 0.5f;
            }
        }

        RunDirectory run = RunDirectory.Create(
            path, new RunConfiguration { Model = model, Context = Context, Training = new TrainingConfiguration() }, vocabulary ?? Words(model.VocabularySize));
        Checkpoint.SaveWeights(
            run.BestCheckpoint, created, new TrainingState { Step = 3, Epoch = 1, NextSegment = 3, TokensSeen = 9, Seconds = 1, TrainingText = "none" });
        return ModelFolder.Load(path);
    }

    /// <summary>A model of that name, exported.</summary>
    public static ModelFolder Export(TemporaryFolder folder, string name, ExportFormat format)
    {
        ModelFolder trained = Create(folder["run"], Models[name]);
        ModelExporter.Export(trained, folder["exported"], format);
        return trained;
    }

    public static async Task<float[]> Score(ModelFolder trained)
    {
        using CpuBackend backend = new(threads: 1);
        List<float> nll = [];
        await foreach (TokenScore score in new Scorer(trained.Model, trained.Vocabulary, backend).ScoreAsync(Text, ScoringOptions.ForTrained(Context)))
        {
            nll.Add((float)score.Nll);
        }

        return [.. nll];
    }
}
