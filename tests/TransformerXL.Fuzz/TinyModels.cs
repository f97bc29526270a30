using TransformerXL.Models;

namespace TransformerXL.Fuzz;

/// <summary>Models of a few values, the same in every process.</summary>
internal static class TinyModels
{
    private static readonly TransformerXLConfiguration s_plain = new() { VocabularySize = 5, Layers = 2, ModelSize = 4, Heads = 2, InnerSize = 6 };

    public static IReadOnlyList<ModelConfiguration> All { get; } =
    [
        s_plain,
        s_plain with { Cutoffs = [2], EmbeddingDivisor = 2, EmbeddingSize = 4, TieWeights = false },
        new ShawConfiguration { VocabularySize = 5, Layers = 2, ModelSize = 4, Heads = 2, InnerSize = 6, PositionRows = 8 },
        new LstmConfiguration { VocabularySize = 5, Layers = 2, ModelSize = 4 },
    ];

    /// <summary>Weights as a run stores them.</summary>
    public static byte[] Weights(ModelConfiguration model) => FuzzFolder.Written("model.safetensors", path => ModelWeights.Save(path, LanguageModel.Create(model)));

    /// <summary>The first of the models.</summary>
    public static LanguageModel Create() => LanguageModel.Create(s_plain);
}
