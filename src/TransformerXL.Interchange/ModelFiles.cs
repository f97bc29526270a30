using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Interchange;

/// <summary>Finds the files of a stored model.</summary>
internal static class ModelFiles
{
    public const string Configuration = "config.json";

    private const string IndexSuffix = ".index.json";
    private const long MaxIndexBytes = 64 << 20;
    private const int MaxParts = 4096;

    /// <summary>Names of weights in the order in which they are looked for.</summary>
    private static readonly string[] Weights = ["model.safetensors", "pytorch_model.bin", "weights.safetensors", "model.pt", "model_state.pt", "checkpoint_best.pt", "checkpoint_last.pt"];

    /// <summary>The weights of a file or a folder.</summary>
    /// <exception cref="InputException">There are none; the message lists the names that were tried.</exception>
    public static IReadOnlyList<string> Find(string from)
    {
        if (File.Exists(from))
        {
            return from.EndsWith(IndexSuffix, StringComparison.Ordinal) ? Parts(from) : [from];
        }

        Require.That(Directory.Exists(from), $"there is no file or folder '{from}'");
        Require.That(
            !(Directory.Exists(Path.Combine(from, "checkpoints")) && File.Exists(Path.Combine(from, "vocabulary.json"))),
            $"'{from}' is the folder of a run already; its model can be used as it is");
        Require.That(!ModelFolderFiles.IsIn(from), $"'{from}' is a model folder already; its model can be used as it is");
        foreach (string path in Weights.Select(name => Path.Combine(from, name)))
        {
            if (File.Exists(path))
            {
                return [path];
            }

            if (File.Exists(path + IndexSuffix))
            {
                return Parts(path + IndexSuffix);
            }
        }

        throw new InputException($"'{from}' holds none of {string.Join(", ", Weights)}; name the file of the weights itself");
    }

    /// <summary>The configuration beside the weights; null if there is none.</summary>
    public static string? FindConfiguration(string from)
    {
        string path = Path.Combine(FolderOf(from), Configuration);
        return File.Exists(path) ? path : null;
    }

    /// <summary>The folder itself, or that of a file.</summary>
    public static string FolderOf(string from) => Directory.Exists(from) ? from : Path.GetDirectoryName(Path.GetFullPath(from))!;

    /// <summary>An index maps each tensor to a file in the same folder.</summary>
    private static string[] Parts(string index)
    {
        RegularFile.Require(index);
        Require.That(new FileInfo(index).Length <= MaxIndexBytes, $"'{index}' has more than {MaxIndexBytes} bytes, too many for an index of weight files");
        JsonDocumentOptions options = new() { MaxDepth = 8 };
        byte[] content = [];
        try
        {
            content = File.ReadAllBytes(index);
            using JsonDocument document = JsonDocument.Parse(content, options);
            bool isIndex = document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("weight_map", out JsonElement map) && map.ValueKind == JsonValueKind.Object;
            Require.That(isIndex, $"'{index}' has no 'weight_map' of tensors and files");
            string?[] names = [.. document.RootElement.GetProperty("weight_map").EnumerateObject()
                .Select(pair => pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString() : null).Distinct()];
            string? wrong = names.FirstOrDefault(name => string.IsNullOrEmpty(name) || name is "." or ".." || name.AsSpan().ContainsAny('/', '\\', '\0'));
            Require.That(names.All(name => !string.IsNullOrEmpty(name)) && wrong is null, $"'{index}' names '{InputText.Show(wrong ?? "")}', which is not a file name in its folder");
            Require.That(names.Length is > 0 and <= MaxParts, $"'{index}' names {Counted.Of(names.Length, "file")}; 1 to {MaxParts} are accepted");
            return [.. names.Select(name => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(index))!, name!)).Order(StringComparer.Ordinal)];
        }
        // GetString throws InvalidOperationException for an escaped lone surrogate.
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InputException($"'{index}' cannot be read as a list of files: {JsonFault.Describe(content, options)}", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{index}' cannot be read as a list of files: {InputText.Show(fault.Message)}", fault);
        }
    }
}
