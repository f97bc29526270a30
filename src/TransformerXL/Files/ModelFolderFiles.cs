using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Models.Families;

namespace TransformerXL.Files;

/// <summary>The files of a model folder, and the sections of a run's <c>config.json</c> about the model.</summary>
internal static class ModelFolderFiles
{
    // The same limit as for a run's file; a JSON tree takes some 50 times the size of its text.
    public const long MaxBytes = 1 << 20;

    public const string ConfigurationName = "config.json", VocabularyName = "vocabulary.json";

    private const string TrainingSection = "training";

    /// <summary>Sections of a run's file that using its model does not need.</summary>
    private static readonly string[] s_sectionsOfTraining = [TrainingSection, "corpus", "task", "masking"];

    public static string Configuration(string folder) => Path.Combine(folder, ConfigurationName);

    public static string Vocabulary(string folder) => Path.Combine(folder, VocabularyName);

    public static string Head(string folder) => Path.Combine(folder, CheckpointFiles.Head);

    public static string Weights(string folder) => Path.Combine(folder, CheckpointFiles.Weights);

    /// <summary>Whether a folder is a model folder: configuration and weights, and no run.</summary>
    public static bool IsIn(string folder) => File.Exists(Weights(folder)) && TryRead(folder) is not null;

    /// <summary>Whether a folder is a model folder without weights: its configuration does not have the sections of a run.</summary>
    public static bool LacksWeights(string folder) => !File.Exists(Weights(folder)) && TryRead(folder) is { } json && !json.ContainsKey(TrainingSection);

    /// <summary>The error message for such a folder.</summary>
    public static string WeightsMissing(string path) => $"{path} lacks {CheckpointFiles.Weights}, the weights of its model; if there is a copy of the file, put it back";

    /// <summary>The configuration of a folder without checkpoints; null if there is none.</summary>
    private static JsonObject? TryRead(string folder)
    {
        try
        {
            return File.Exists(Configuration(folder)) && !RunCheckpoints.AreIn(folder)
                && JsonFile.Read(Configuration(folder), MaxBytes) is { } json && IsConfiguration(json) ? json : null;
        }
        catch (InputException)
        {
            return null;
        }
    }

    /// <summary>Reads the sections about the model in the file of a model folder or of a run.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="holdsRun">Whether it is the folder of a run, whose weights are in checkpoints.</param>
    /// <exception cref="InputException">There is none, or it is damaged; the message names the file.</exception>
    public static ModelFolderConfiguration ReadConfiguration(string path, out bool holdsRun)
    {
        Require.Path(path);
        Require.That(Directory.Exists(path), File.Exists(path) ? $"'{path}' is a file, but the folder of a run or a model is needed" : $"there is no folder '{path}'");
        string file = Configuration(Path.GetFullPath(path));
        Require.That(File.Exists(file), $"'{path}' is neither a model folder nor the folder of a run: it holds no {ConfigurationName}");
        JsonObject json = JsonFile.Read(file, MaxBytes);
        Require.That(IsConfiguration(json), $"'{file}' is not the configuration of a model folder or of a run: it lacks the sections 'model' and 'context'; a model of another program has to be imported first");
        holdsRun = RunCheckpoints.AreIn(path) || (json.ContainsKey(TrainingSection) && !File.Exists(Weights(path)));
        foreach (string section in s_sectionsOfTraining)
        {
            json.Remove(section);
        }

        ModelFolderConfiguration configuration = JsonRecord.Read(file, json, Type, DefaultsOf);
        JsonRecord.Validate(file, configuration.Validate);
        return configuration;
    }

    public static void WriteConfiguration(string folder, ModelFolderConfiguration configuration) =>
        AtomicFile.Write(Configuration(folder), stream => JsonSerializer.Serialize(stream, configuration, Type));

    /// <summary>Whether two configurations are equal; lists in them are compared by their elements.</summary>
    public static bool AreSame(ModelFolderConfiguration one, ModelFolderConfiguration other) =>
        JsonSerializer.Serialize(one, Type) == JsonSerializer.Serialize(other, Type);

    /// <summary>A configuration of another family, with the members that both have; the others have their defaults.</summary>
    public static ModelConfiguration Convert(ModelConfiguration configuration, string kind)
    {
        JsonTypeInfo<ModelConfiguration> type = ModelFolderJson.Default.ModelConfiguration;
        JsonObject json = JsonSerializer.SerializeToNode(configuration, type)!.AsObject();
        return JsonVariants.Of(type)!.Convert(kind, json, DefaultsOf).Deserialize(type)!;
    }

    /// <summary>The members of a record as JSON names them.</summary>
    public static IReadOnlyList<string> MembersOf(Type type) => [.. ModelFolderJson.Default.Options.GetTypeInfo(type).Members().Select(property => property.Name)];

    /// <summary>The JSON of a new object of a type, without the members that have no default.</summary>
    public static JsonObject DefaultsOf(JsonTypeInfo type) => JsonRecord.DefaultsOf(type, New(type.Type));

    private static JsonTypeInfo<ModelFolderConfiguration> Type => ModelFolderJson.Default.ModelFolderConfiguration;

    private static bool IsConfiguration(JsonObject json) => json["model"] is JsonObject && json["context"] is JsonObject;

    private static object New(Type type) => type switch
    {
        _ when type == typeof(ModelFolderConfiguration) => new ModelFolderConfiguration { Model = new TransformerXLConfiguration { VocabularySize = 0 }, Context = new ContextConfiguration() },
        _ when type == typeof(ModelConfiguration) => new TransformerXLConfiguration { VocabularySize = 0 },
        _ when ModelFamily.Of(type) is { } family => family.CreateConfiguration(),
        _ when type == typeof(ContextConfiguration) => new ContextConfiguration(),
        _ when type == typeof(HeadConfiguration) => new HeadConfiguration(),
        _ when type == typeof(EmbeddingConfiguration) => new EmbeddingConfiguration(),
        _ => throw new ArgumentException($"{type.Name} is not a part of a configuration of a model"),
    };
}

/// <summary>The JSON of <c>config.json</c> of a model folder.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(ModelFolderConfiguration))]
internal sealed partial class ModelFolderJson : JsonSerializerContext;
