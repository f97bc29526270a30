using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Formats;

namespace TransformerXL.Training;

/// <summary>Reads and writes the JSON files of a run: bounded, strict about names, with the file in every message.</summary>
internal static class RunFiles
{
    private const long MostBytes = 16 << 20;

    public static void Write(string path, RunConfiguration configuration) => Write(path, configuration, RunJson.Default.RunConfiguration);

    public static void Write(string path, TrainingState state) => Write(path, state, RunJson.Default.TrainingState);

    public static RunConfiguration ReadConfiguration(string path)
    {
        RunConfiguration configuration = Read(path, RunJson.Default.RunConfiguration);
        try
        {
            configuration.Validate();
        }
        catch (InputException exception)
        {
            throw new InputException($"{path}: {exception.Message}", exception);
        }

        return configuration;
    }

    public static TrainingState ReadState(string path)
    {
        TrainingState state = Read(path, RunJson.Default.TrainingState);
        Require.That(state.Version == 1, $"{path}: version {state.Version} of a training state is not known; this program reads version 1");
        Require.That(state.Step >= 0 && state.NextSegment >= 0 && state.Epoch >= 1, $"{path}: step {state.Step}, epoch {state.Epoch} and next segment {state.NextSegment} must not be negative");
        return state;
    }

    private static void Write<T>(string path, T value, JsonTypeInfo<T> type) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, value, type));

    private static T Read<T>(string path, JsonTypeInfo<T> type)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            Require.That(stream.Length <= MostBytes, $"{path}: {stream.Length} bytes are too many for such a file; at most {MostBytes} are read");
            return JsonSerializer.Deserialize(stream, type) ?? throw new InputException($"{path}: holds nothing but null");
        }
        catch (JsonException exception)
        {
            throw new InputException($"{path}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {exception.Message}", exception);
        }
    }
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
