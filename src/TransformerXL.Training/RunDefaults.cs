using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Datasets;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>What the files of a run and of a data set hold where they say nothing.</summary>
internal static class RunDefaults
{
    /// <summary>A configuration of nothing but defaults, for a vocabulary that is not known yet.</summary>
    public static RunConfiguration Configuration => new()
    {
        Model = new TransformerXLConfiguration { VocabularySize = ModelConfiguration.MaxTokens },
        Context = new ContextConfiguration(),
        Training = new TrainingConfiguration(),
    };

    /// <summary>An architecture for a text that is not known yet: with room for the largest vocabulary.</summary>
    public static ModelConfiguration WithoutText(ModelConfiguration model)
    {
        ModelConfiguration sized = model with { VocabularySize = ModelConfiguration.MaxTokens };
        return sized is LearnedPositionsConfiguration learned ? learned with { PositionRows = 1 } : sized;
    }

    /// <summary>The JSON of a new object of a type, without the members that have no default.</summary>
    public static JsonObject Of(JsonTypeInfo type) => JsonRecord.DefaultsOf(type, New(type.Type));

    private static object New(Type type) => type switch
    {
        _ when type == typeof(RunConfiguration) => Configuration with { Model = new TransformerXLConfiguration { VocabularySize = 0 } },
        _ when type == typeof(ModelConfiguration) => new TransformerXLConfiguration { VocabularySize = 0 },
        _ when ModelFamily.Of(type) is { } family => family.CreateConfiguration(),
        _ when type == typeof(ContextConfiguration) => new ContextConfiguration(),
        _ when type == typeof(TrainingConfiguration) => new TrainingConfiguration(),
        _ when type == typeof(VariableLengths) => new VariableLengths(),
        _ when type == typeof(OptimizerOptions) => new OptimizerOptions(),
        _ when type == typeof(CorpusOptions) => new CorpusOptions(),
        _ when type == typeof(VocabularyOptions) => new VocabularyOptions(),
        _ when type == typeof(TaskConfiguration) => new TaskConfiguration(),
        _ when type == typeof(MaskingOptions) => new MaskingOptions(),
        _ when type == typeof(HeadConfiguration) => new HeadConfiguration(),
        _ when type == typeof(ExampleOptions) => new ExampleOptions(),
        _ when type == typeof(DatasetManifest) => new DatasetManifest { Name = "", Train = "", Validation = "", Test = "", Vocabulary = new VocabularyOptions() },
        _ when type == typeof(RateState) => new RateState { BestLoss = 0, ValidationsWithoutImprovement = 0 },
        _ when type == typeof(UnreportedSteps) => new UnreportedSteps { Steps = 1, LossSum = 0, Tokens = 0 },
        _ when type == typeof(TrainingState) => new TrainingState { Step = 0, Epoch = 0, NextSegment = 0, TokensSeen = 0, Seconds = 0, TrainingText = "" },
        _ => throw new ArgumentException($"{type.Name} is no part of a file of a run or of a data set"),
    };
}
