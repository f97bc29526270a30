using System.Text.Json.Nodes;
using TransformerXL.Heads;
using TransformerXL.Models.Families;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Text;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Presets;

/// <summary>Models of tasks that learn in minutes on two cores.</summary>
public static class TaskPresets
{
    /// <summary>
    /// A bidirectional LSTM with a conditional random field above it (Huang et al. 2015, "Bidirectional LSTM-CRF models for sequence tagging"): 2.6 million parameters, for parts of speech and names.
    /// </summary>
    public static Preset Tagger => new("tagger", "labels of words: a bidirectional LSTM with a conditional random field", 8192, new JsonObject
    {
        ["model"] = new JsonObject
        {
            ["kind"] = LstmFamily.KindName,
            ["layers"] = 1,
            ["modelSize"] = 256,
            ["embeddingSize"] = 192,
            ["bidirectional"] = true,
            ["dropout"] = 0.4,
        },
        ["context"] = new JsonObject { ["targetLength"] = 128, ["memoryLength"] = 0 },
        ["training"] = Recipe(steps: 6000, batch: 32, rate: 0.002, decay: 0.01, validateEvery: 500),
        ["corpus"] = Vocabulary(8192),
        ["task"] = new JsonObject { ["kind"] = nameof(TaskKind.Label), ["labelLayer"] = nameof(LabelLayer.Crf), ["delay"] = 0 },
    },
    TaskKind.Label);

    /// <summary>The settings that a task begins with where nothing else is named.</summary>
    /// <param name="task">The task.</param>
    /// <param name="fromScratch">Whether model and vocabulary are new; otherwise only the recipe is set.</param>
    /// <param name="hasVocabulary">Whether a vocabulary is named, which leaves no room for that of the standard.</param>
    internal static Preset Of(TaskKind task, bool fromScratch, bool hasVocabulary)
    {
        JsonObject values = task switch
        {
            TaskKind.Classify => Classify(),
            TaskKind.Label => Label(),
            _ => Answer(),
        };
        if (!fromScratch)
        {
            values.Remove("model");
            values.Remove("context");
            JsonObject training = values["training"]!.AsObject();
            (training["learningRate"], training["optimizer"]) = (0.0005, new JsonObject { ["kind"] = nameof(OptimizerKind.AdamW), ["weightDecay"] = 0.01 });
        }

        if (hasVocabulary || !fromScratch)
        {
            values.Remove("corpus");
        }

        return new Preset(task.ToString().ToLowerInvariant(), "the standard of the task", 4096, values);
    }

    /// <summary>One layer and much dropout: sets of some thousand examples are learned by heart otherwise.</summary>
    private static JsonObject Classify() => new()
    {
        ["model"] = Model(layers: 1, size: 128, dropout: 0.5),
        ["context"] = new JsonObject { ["targetLength"] = 256, ["memoryLength"] = 256 },
        ["training"] = Recipe(steps: 1500, batch: 16, rate: 0.002, decay: 0.1),
        ["corpus"] = Vocabulary(24_576),
        ["task"] = new JsonObject { ["labelSmoothing"] = 0.1 },
    };

    private static JsonObject Label() => new()
    {
        ["model"] = Model(layers: 3, size: 192, dropout: 0.1),
        ["context"] = new JsonObject { ["targetLength"] = 128, ["memoryLength"] = 128 },
        ["training"] = Recipe(steps: 3000, batch: 32, rate: 0.001, decay: 0.01),
        ["corpus"] = Vocabulary(8192),
        ["task"] = new JsonObject { ["delay"] = 4 },
    };

    private static JsonObject Answer() => new()
    {
        ["model"] = Model(layers: 3, size: 128, dropout: 0),
        ["context"] = new JsonObject { ["targetLength"] = 128, ["memoryLength"] = 256 },
        ["training"] = Recipe(steps: 2000, batch: 16, rate: 0.001, decay: 0.01),
        ["corpus"] = Vocabulary(4096),
        ["task"] = new JsonObject { ["delay"] = 1 },
    };

    private static JsonObject Model(int layers, int size, double dropout) => new()
    {
        ["layers"] = layers,
        ["modelSize"] = size,
        ["heads"] = 4,
        ["dropout"] = dropout,
        ["attentionDropout"] = 0,
        ["initialDeviation"] = LaptopPresets.NarrowDeviation,
        ["untieBiases"] = true,
    };

    private static JsonObject Recipe(long steps, int batch, double rate, double decay, int validateEvery = 200) => new()
    {
        ["steps"] = steps,
        ["batchSize"] = batch,
        ["learningRate"] = rate,
        ["schedule"] = nameof(ScheduleKind.Linear),
        ["warmupSteps"] = 100,
        ["validateEvery"] = validateEvery,
        ["checkpointEvery"] = validateEvery,
        ["sampleTokens"] = 0,
        ["clipNorm"] = 1,
        ["optimizer"] = new JsonObject { ["kind"] = nameof(OptimizerKind.AdamW), ["weightDecay"] = decay },
    };

    private static JsonObject Vocabulary(int size) => new()
    {
        ["vocabulary"] = new JsonObject { ["kind"] = nameof(VocabularyKind.BytePairs), ["maxSize"] = size },
    };
}
