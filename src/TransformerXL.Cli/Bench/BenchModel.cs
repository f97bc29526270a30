using System.Globalization;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Training;
using TransformerXL.Training.Presets;

namespace TransformerXL.Cli.Bench;

/// <summary>A model whose speed is measured: one whose shapes have been measured with the reference implementation too, or a preset.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Model">The architecture.</param>
/// <param name="Training">Lengths in training.</param>
/// <param name="Recipe">The recipe of training.</param>
/// <param name="Evaluation">Lengths in evaluation.</param>
/// <param name="GenerationMemory">Tokens remembered in generation.</param>
internal sealed record BenchModel(
    string Name,
    TransformerXLConfiguration Model,
    ContextConfiguration Training,
    TrainingConfiguration Recipe,
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
            new TrainingConfiguration { BatchSize = 16 },
            new ContextConfiguration { TargetLength = 128, MemoryLength = 256 },
            128),
        new(
            "enwik8-base",
            new TransformerXLConfiguration { VocabularySize = VocabularySize, Layers = 12, ModelSize = 512, Heads = 8, HeadSize = HeadSize, InnerSize = 2048 },
            new ContextConfiguration { TargetLength = 512, MemoryLength = 512 },
            new TrainingConfiguration { BatchSize = 1 },
            new ContextConfiguration { TargetLength = 128, MemoryLength = 1024 },
            512),
    ];

    /// <summary>A preset of <c>txl train</c>, with the vocabulary size of its intended text.</summary>
    /// <exception cref="InputException">The preset is an encoder.</exception>
    public static BenchModel Of(Preset preset)
    {
        RunConfiguration run = preset.ForTypicalText();
        return new BenchModel(
            $"preset {preset.Name}",
            run.Model as TransformerXLConfiguration ?? throw new InputException($"the preset {preset.Name} is an encoder; speed is measured of models that predict the next token"),
            run.Context,
            run.Training,
            run.DefaultEvaluation().Context,
            GenerationOptions.ForTrained(run.Context).MemoryLength);
    }

    /// <summary>The same model with the given sizes, which are added to the name. Heads keep their size, up to that of the model.</summary>
    public BenchModel With(int? layers, int? modelSize, int? target, int? memory)
    {
        int headSize = Math.Min(Model.HeadSize, modelSize ?? Model.HeadSize), heads = Math.Max(1, (modelSize ?? 0) / headSize);
        string changes = Change("layers", layers) + Change("model size", modelSize) + Change("target", target) + Change("memory", memory);
        return changes.Length == 0 ? this : this with
        {
            Name = Name + changes,
            Model = Model with
            {
                Layers = layers ?? Model.Layers,
                ModelSize = modelSize ?? Model.ModelSize,
                Heads = modelSize is null ? Model.Heads : heads,
                HeadSize = headSize,
                InnerSize = modelSize is { } size ? Math.Max(1, (int)((long)Model.InnerSize * size / Model.ModelSize)) : Model.InnerSize,
                EmbeddingSize = modelSize is null || Model.EmbeddingSize != Model.ModelSize ? Model.EmbeddingSize : modelSize.Value,
            },
            Training = Training with { TargetLength = target ?? Training.TargetLength, MemoryLength = memory ?? Training.MemoryLength },
            Evaluation = Evaluation with { TargetLength = target ?? Evaluation.TargetLength, MemoryLength = memory ?? Evaluation.MemoryLength },
            GenerationMemory = memory ?? GenerationMemory,
        };
    }

    private static string Change(string name, int? value) => value is { } given ? string.Create(CultureInfo.InvariantCulture, $", {name} {given}") : "";
}
