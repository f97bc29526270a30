using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Files;

namespace TransformerXL.Training;

/// <summary>Reads and writes the JSON files of a run: bounded, strict about names, with the file in every message. Missing members have their defaults.</summary>
internal static class RunFiles
{
    // A state with the steps of 10,000 parameters takes a fifth of it; a JSON tree takes some 50 times the size of its text.
    internal const long MaxBytes = ModelFolderFiles.MaxBytes;

    public static void Write(string path, RunConfiguration configuration) => Write(path, configuration, RunJson.Default.RunConfiguration);

    public static void Write(string path, TrainingState state) => Write(path, state, RunJson.Default.TrainingState);

    /// <summary>Whether two configurations are equal; lists in them are compared by their elements.</summary>
    public static bool AreSame(RunConfiguration one, RunConfiguration other) =>
        Text(one) == Text(other);

    // A size that was left 0 for its default is written as the default.
    private static string Text(RunConfiguration configuration) =>
        JsonSerializer.Serialize(configuration with { Model = configuration.Model.Resolve() }, RunJson.Default.RunConfiguration);

    public static RunConfiguration ReadConfiguration(string path)
    {
        RunConfiguration configuration = Read(path, RunJson.Default.RunConfiguration);
        JsonRecord.Validate(path, configuration.Validate);
        return configuration;
    }

    public static TrainingState ReadState(string path)
    {
        TrainingState state = Read(path, RunJson.Default.TrainingState);
        Require.That(state.Version == 1, $"{path}: version {state.Version} of a training state is not known; this program reads version 1");
        Require.That(state.Step >= 0 && state.NextSegment >= 0 && state.Epoch >= 1, $"{path}: step {state.Step}, epoch {state.Epoch} and next segment {state.NextSegment} must not be negative");
        Require.That(
            state.Unreported is null or { Steps: >= 1, Tokens: >= 0, Bytes: null or >= 0 },
            $"{path}: 'unreported' has {state.Unreported?.Steps} steps, {state.Unreported?.Tokens} tokens and {state.Unreported?.Bytes} bytes; there is at least 1 step, and the others must not be negative");
        return state;
    }

    private static void Write<T>(string path, T value, JsonTypeInfo<T> type) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, value, type));

    private static T Read<T>(string path, JsonTypeInfo<T> type) => JsonRecord.Read(path, JsonFile.Read(path, MaxBytes), type, RunDefaults.Of);
}

/// <summary>The layout of the files of a run.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(RunConfiguration))]
[JsonSerializable(typeof(TrainingState))]
internal sealed partial class RunJson : JsonSerializerContext;
