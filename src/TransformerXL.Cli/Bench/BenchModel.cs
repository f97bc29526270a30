using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Training;
using TransformerXL.Training.Presets;

namespace TransformerXL.Cli.Bench;

/// <summary>A model whose speed is measured: one whose shapes are measured with libtorch or the reference implementation too, or a preset.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Model">The architecture.</param>
/// <param name="Training">Lengths in training.</param>
/// <param name="Recipe">The recipe of training.</param>
/// <param name="Evaluation">Lengths in evaluation.</param>
/// <param name="GenerationMemory">Tokens remembered in generation.</param>
/// <param name="EvaluationBatch">Streams in evaluation.</param>
internal sealed record BenchModel(
    string Name,
    ModelConfiguration Model,
    ContextConfiguration Training,
    TrainingConfiguration Recipe,
    ContextConfiguration Evaluation,
    int GenerationMemory,
    int EvaluationBatch = 1)
{
    /// <summary>What is measured: training, reading a text, writing one.</summary>
    public const string Train = "train", Evaluate = "evaluate", Generate = "generate";

    private const int VocabularySize = 205, HeadSize = 64;

    // Each is created when it is asked for: the others would count as memory of the measurement.
    private static readonly (string Name, Func<string, BenchModel> Create)[] Known =
    [
        (
            "small",
            name => new BenchModel(
                name,
                new TransformerXLConfiguration { VocabularySize = VocabularySize, Layers = 4, ModelSize = 256, Heads = 4, HeadSize = HeadSize, InnerSize = 1024 },
                new ContextConfiguration { TargetLength = 128, MemoryLength = 128 },
                new TrainingConfiguration { BatchSize = 16 },
                new ContextConfiguration { TargetLength = 128, MemoryLength = 256 },
                128)),
        (
            "enwik8-base",
            name => new BenchModel(
                name,
                new TransformerXLConfiguration { VocabularySize = VocabularySize, Layers = 12, ModelSize = 512, Heads = 8, HeadSize = HeadSize, InnerSize = 2048 },
                new ContextConfiguration { TargetLength = 512, MemoryLength = 512 },
                new TrainingConfiguration { BatchSize = 1 },
                new ContextConfiguration { TargetLength = 128, MemoryLength = 1024 },
                512)),
        ("bert-base", name => Encoder(name, batch: 8, target: 128)),
        ("bert-base-512", name => Encoder(name, batch: 1, target: 512)),
        ("lstm", name => Recurrent(name, new LstmConfiguration { VocabularySize = VocabularySize, Layers = 2, ModelSize = 512 })),
        ("gru", name => Recurrent(name, new GruConfiguration { VocabularySize = VocabularySize, Layers = 2, ModelSize = 512 })),
    ];

    /// <summary>The names of all of them, the default first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(model => model.Name)];

    /// <summary>The default.</summary>
    public static BenchModel Small => Find(Names[0]);

    /// <summary>The one with a name of <see cref="Names"/>.</summary>
    public static BenchModel Find(string name) => Known.First(model => model.Name == name).Create(name);

    /// <summary>A preset of <c>txl train</c>, with the vocabulary size of its intended text.</summary>
    /// <exception cref="InputException">The preset is for a task.</exception>
    public static BenchModel Of(Preset preset)
    {
        Require.That(preset.Task is null, $"the preset {preset.Name} is for a task, whose speed depends on its examples; the speed of presets that learn from a text is measured");
        RunConfiguration run = preset.ForTypicalText();
        return run.Model.IsCausal
            ? new BenchModel($"preset {preset.Name}", run.Model, run.Context, run.Training, run.DefaultEvaluation().Context, GenerationOptions.ForTrained(run.Context).MemoryLength)
            : new BenchModel($"preset {preset.Name}", run.Model, run.Context, run.Training, run.Context, GenerationMemory: 0);
    }

    /// <summary>The same, computing layers again in the backward pass.</summary>
    /// <exception cref="InputException">The model has no attention.</exception>
    public BenchModel Recomputing()
    {
        Require.That(Model.Family.HasAttention, $"{Name} has no layers with attention, which --recompute computes again");
        return this with { Name = Name + ", recompute", Recipe = Recipe with { Recompute = true } };
    }

    /// <summary>The same model, trained with weights in bfloat16.</summary>
    /// <exception cref="InputException">The model has no attention, or its optimizer keeps weights in float32.</exception>
    public BenchModel WithShortWeights()
    {
        Require.That(Model.Family.HasAttention, $"{Name} has no layers with attention, whose weights --weights keeps in bfloat16");
        return Checked(this with { Name = Name + ", weights in bf16", Recipe = Recipe with { Weights = WeightPrecision.Bfloat16 } });
    }

    /// <summary>The same model, trained with moments in a precision of fewer bits.</summary>
    /// <param name="name">The precision.</param>
    /// <exception cref="InputException">The optimizer has no such moments.</exception>
    public BenchModel WithShortMoments(string name) => Checked(this with
    {
        Name = $"{Name}, moments in {name}",
        Recipe = Recipe with { Optimizer = Recipe.Optimizer with { Moments = OptimizerRunOptions.MomentsOf(name) } },
    });

    /// <summary>The streams that are measured in a mode where none are given.</summary>
    public int BatchOf(string mode) => mode switch
    {
        Train => Recipe.BatchSize,
        Evaluate => EvaluationBatch,
        _ => 1,
    };

    /// <summary>The same model with the given sizes, which are added to the name. Heads keep their size, up to that of the model.</summary>
    /// <exception cref="InputException">A memory is given, but the model has a recurrent state instead.</exception>
    public BenchModel With(int? layers, int? modelSize, int? target, int? memory)
    {
        Require.That(memory is null || Model is not RecurrentConfiguration, $"{Name} carries the state of its cells from segment to segment; it has no memory of {memory} tokens");
        string changes = Change("layers", layers) + Change("model size", modelSize) + Change("target", target) + Change("memory", memory);
        return changes.Length == 0 ? this : this with
        {
            Name = Name + changes,
            Model = Resized(layers, modelSize, target),
            Training = Training with { TargetLength = target ?? Training.TargetLength, MemoryLength = memory ?? Training.MemoryLength },
            Evaluation = Evaluation with { TargetLength = target ?? Evaluation.TargetLength, MemoryLength = memory ?? Evaluation.MemoryLength },
            GenerationMemory = memory ?? GenerationMemory,
        };
    }

    private static BenchModel Checked(BenchModel model)
    {
        model.Recipe.Validate();
        return model;
    }

    private ModelConfiguration Resized(int? layers, int? modelSize, int? target)
    {
        int size = modelSize ?? Model.ModelSize;
        ModelConfiguration model = Model with { Layers = layers ?? Model.Layers, ModelSize = size, EmbeddingSize = Model.EmbeddingSize == Model.ModelSize ? size : Model.EmbeddingSize };
        if (model is EncoderConfiguration encoder)
        {
            model = encoder with { PositionRows = Math.Max(encoder.PositionRows, target ?? 0) };
        }

        if (modelSize is null || model is not AttentionConfiguration attention)
        {
            return model;
        }

        int headSize = Math.Min(attention.HeadSize, size);
        return attention with
        {
            Heads = Math.Max(1, size / headSize),
            HeadSize = headSize,
            InnerSize = Math.Max(1, (int)((long)attention.InnerSize * size / Model.ModelSize)),
        };
    }

    private static BenchModel Encoder(string name, int batch, int target)
    {
        ContextConfiguration context = new() { TargetLength = target, MemoryLength = 0 };
        return new BenchModel(name, EncoderPresets.BertBase.ForTypicalText().Model, context, new TrainingConfiguration { BatchSize = batch }, context, GenerationMemory: 0, batch);
    }

    private static BenchModel Recurrent(string name, RecurrentConfiguration model)
    {
        const int Batch = 32;
        ContextConfiguration context = new() { TargetLength = 64, MemoryLength = 0 };
        return new BenchModel(name, model, context, new TrainingConfiguration { BatchSize = Batch }, context, GenerationMemory: 0, Batch);
    }

    private static string Change(string name, int? value) => value is { } given ? string.Create(CultureInfo.InvariantCulture, $", {name} {given}") : "";
}
