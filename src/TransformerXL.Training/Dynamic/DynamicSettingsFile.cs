using System.Text.Json;
using System.Text.Json.Serialization;
using TransformerXL.Files;

namespace TransformerXL.Training.Dynamic;

/// <summary>Reads and writes <c>dynamic.json</c>.</summary>
internal static class DynamicSettingsFile
{
    private const long MaxBytes = 1 << 16;

    /// <summary>Writes the settings; the old file stays whole until the new one is.</summary>
    public static void Save(string path, DynamicSettings settings) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, settings, DynamicJson.Default.DynamicSettings));

    /// <summary>Reads the settings.</summary>
    /// <returns>Null if there is no file.</returns>
    /// <exception cref="InputException">The file is damaged; the message names it.</exception>
    public static DynamicSettings? Load(string path) => !File.Exists(path) ? null : JsonRecord.ReadFound(path, MaxBytes, DynamicJson.Default.DynamicSettings, settings =>
    {
        foreach (TunedRule tuned in settings.Rules)
        {
            tuned.Options.Validate();
        }
    });
}

/// <summary>The layout of <c>dynamic.json</c>.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(DynamicSettings))]
internal sealed partial class DynamicJson : JsonSerializerContext;
