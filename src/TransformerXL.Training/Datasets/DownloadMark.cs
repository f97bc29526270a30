using System.Text.Json;
using System.Text.Json.Serialization;
using TransformerXL.Files;

namespace TransformerXL.Training.Datasets;

/// <summary>A record beside a partial download: the address and version of the file, so that the rest can be requested.</summary>
/// <param name="Url">The address of the file.</param>
/// <param name="Validator">The server's identifier of this version: an entity tag or a modification time, as sent in If-Range.</param>
/// <param name="Length">Size of the whole file in bytes.</param>
internal sealed record DownloadMark(string Url, string Validator, long? Length)
{
    private const long MaxBytes = 1 << 14;

    /// <summary>The record of a partial download, or null if there is no valid one.</summary>
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

/// <summary>The JSON of the record.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, MaxDepth = 4)]
[JsonSerializable(typeof(DownloadMark))]
internal sealed partial class DownloadJson : JsonSerializerContext;
