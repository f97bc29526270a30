using System.Globalization;
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
    TransformerXLConfiguration Model,
    ContextConfiguration Training,
    int TrainingBatch,
    ContextConfiguration Evaluation,
    int GenerationMemory)
{
    private const int VocabularySize = 205, HeadSize = 64;

    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<BenchModel> All { get; } =
    [
        new(
            "small",
            new TransformerXLConfiguration { VocabularySize = VocabularySize, Layers = 4, ModelSize = 256, Heads = 4, HeadSize = HeadSize, InnerSize = 1024 },
            new ContextConfiguration { TargetLength = 128, MemoryLength = 128 },
            16,
            new ContextConfiguration { TargetLength = 128, MemoryLength = 256 },
            128),
        new(
            "enwik8-base",
            new TransformerXLConfiguration { VocabularySize = VocabularySize, Layers = 12, ModelSize = 512, Heads = 8, HeadSize = HeadSize, InnerSize = 2048 },
            new ContextConfiguration { TargetLength = 512, MemoryLength = 512 },
            1,
            new ContextConfiguration { TargetLength = 128, MemoryLength = 1024 },
            512),
    ];

    /// <summary>The same with other sizes where they are given; the name tells which.</summary>
    public BenchModel With(int? layers, int? modelSize, int? target, int? memory)
    {
        int heads = Math.Max(1, (modelSize ?? 0) / HeadSize);
        string changes = Change("layers", layers) + Change("model size", modelSize) + Change("target", target) + Change("memory", memory);
        return changes.Length == 0 ? this : this with
        {
            Name = Name + changes,
            Model = Model with
            {
                Layers = layers ?? Model.Layers,
                ModelSize = modelSize ?? Model.ModelSize,
                Heads = modelSize is null ? Model.Heads : heads,
                InnerSize = modelSize is { } size ? 4 * size : Model.InnerSize,
            },
            Training = Training with { TargetLength = target ?? Training.TargetLength, MemoryLength = memory ?? Training.MemoryLength },
            Evaluation = Evaluation with { TargetLength = target ?? Evaluation.TargetLength, MemoryLength = memory ?? Evaluation.MemoryLength },
            GenerationMemory = memory ?? GenerationMemory,
        };
    }

    private static string Change(string name, int? value) => value is { } given ? string.Create(CultureInfo.InvariantCulture, $", {name} {given}") : "";
}
