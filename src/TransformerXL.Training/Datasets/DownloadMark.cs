using System.Text.Json;
using System.Text.Json.Serialization;
using TransformerXL.Files;

namespace TransformerXL.Training.Datasets;

/// <summary>Beside a part of a file: of which version of which file it is, so that what follows can be asked for.</summary>
/// <param name="Url">Where it comes from.</param>
/// <param name="Validator">What the server calls this version: an entity tag or a time of modification, as it stands in If-Range.</param>
/// <param name="Length">Bytes of the whole.</param>
internal sealed record DownloadMark(string Url, string Validator, long? Length)
{
    private const long MaxBytes = 1 << 14;

    /// <summary>The mark of a part, or null if there is none that can be used.</summary>
    public static DownloadMark? TryRead(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return stream.Length <= MaxBytes ? JsonSerializer.Deserialize(stream, DownloadJson.Default.DownloadMark) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, DownloadJson.Default.DownloadMark));
}

/// <summary>The layout of the mark.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, MaxDepth = 4)]
[JsonSerializable(typeof(DownloadMark))]
internal sealed partial class DownloadJson : JsonSerializerContext;
