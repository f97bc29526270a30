using TransformerXL.Models;

namespace TransformerXL.Cli.Bench;

/// <summary>A model whose shapes have been measured with the reference implementation too.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Model">The architecture.</param>
/// <param name="Training">Lengths in training.</param>
/// <param name="TrainingBatch">Streams in training.</param>
/// <param name="Evaluation">Lengths in evaluation.</param>
/// <param name="GenerationMemory">Tokens remembered in generation.</param>
internal sealed record BenchModel(
    string Name,
    ModelConfiguration Model,
    ContextConfiguration Training,
    int TrainingBatch,
    ContextConfiguration Evaluation,
    int GenerationMemory)
{
    private const int VocabularySize = 205;

    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<BenchModel> All { get; } =
    [
        new(
            "small",
            new ModelConfiguration { VocabularySize = VocabularySize, Layers = 4, ModelSize = 256, Heads = 4, HeadSize = 64, InnerSize = 1024 },
            new ContextConfiguration { TargetLength = 128, MemoryLength = 128 },
            16,
            new ContextConfiguration { TargetLength = 128, MemoryLength = 256 },
            128),
        new(
            "enwik8-base",
            new ModelConfiguration { VocabularySize = VocabularySize, Layers = 12, ModelSize = 512, Heads = 8, HeadSize = 64, InnerSize = 2048 },
            new ContextConfiguration { TargetLength = 512, MemoryLength = 512 },
            1,
            new ContextConfiguration { TargetLength = 128, MemoryLength = 1024 },
            512),
    ];
}
