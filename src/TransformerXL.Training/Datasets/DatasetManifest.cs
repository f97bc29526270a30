using System.Text.Json;
using System.Text.Json.Serialization;
using TransformerXL.Files;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training.Datasets;

/// <summary>
/// The file <c>dataset.json</c> of a prepared data set: the files or folders of the splits in the same folder, and the
/// vocabulary that they are usually read with. A folder with it can be named as <see cref="CorpusOptions.Path"/>.
/// </summary>
public sealed record DatasetManifest
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "dataset.json";

    private const string FormatName = "transformerxl.dataset";
    private const long MaxBytes = 1 << 16;

    /// <summary>The type of the file.</summary>
    public string Format { get; init; } = FormatName;

    /// <summary>The version of the format.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The name of the data set.</summary>
    public required string Name { get; init; }

    /// <summary>File or folder of training text, in the folder of the manifest.</summary>
    public required string Train { get; init; }

    /// <summary>File or folder of validation text, in the folder of the manifest.</summary>
    public required string Validation { get; init; }

    /// <summary>File or folder of test text, in the folder of the manifest.</summary>
    public required string Test { get; init; }

    /// <summary>The default vocabulary of the text.</summary>
    public required VocabularyOptions Vocabulary { get; init; }

    /// <summary>Whether a folder is a prepared data set.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads the manifest of a folder.</summary>
    /// <exception cref="InputException">It is missing, damaged, or names files outside the folder.</exception>
    public static DatasetManifest Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        DatasetManifest manifest = JsonRecord.Read(path, JsonFile.Read(path, MaxBytes), DatasetJson.Default.DatasetManifest, RunDefaults.Of);
        try
        {
            manifest.Validate();
            return manifest;
        }
        catch (InputException exception)
        {
            throw new InputException($"{path}: {InputText.Show(exception.Message, max: 240)}", exception);
        }
    }

    /// <summary>Options with the splits of a prepared data set, if their path is the folder of one; the same options if not.</summary>
    /// <exception cref="InputException">The manifest cannot be used.</exception>
    public static CorpusOptions Resolve(CorpusOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Path is not { } folder || !IsIn(folder))
        {
            return options;
        }

        DatasetManifest manifest = Read(folder);
        return options with
        {
            Path = null,
            TrainPath = Path.Combine(folder, manifest.Train),
            ValidationPath = Path.Combine(folder, manifest.Validation),
            TestPath = Path.Combine(folder, manifest.Test),
            Vocabulary = options.Vocabulary ?? manifest.Vocabulary,
        };
    }

    /// <summary>Refuses a folder that holds a complete data set, which must not be overwritten.</summary>
    /// <exception cref="InputException">It does.</exception>
    internal static void RequireNone(string folder) =>
        Require.That(UnfinishedFolder.IsIn(folder) || !IsIn(folder), $"'{folder}' holds another prepared data set already, which is complete; use it, or name another folder");

    internal void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, DatasetJson.Default.DatasetManifest));

    private void Validate()
    {
        Require.That(Format == FormatName, $"format '{InputText.Show(Format)}' is not '{FormatName}'");
        Require.That(Version == 1, $"version {Version} is not known; this program reads version 1");
        foreach (string name in (string[])[Train, Validation, Test])
        {
            Require.That(
                name is not ("" or "." or "..") && name.IndexOfAny(['/', '\\', ':']) < 0,
                $"'{InputText.Show(name)}' is not the name of a file or folder in its folder");
        }

        Require.That(Vocabulary.File is null, $"the vocabulary file '{InputText.Show(Vocabulary.File)}' cannot be named here");
        Vocabulary.Validate();
    }
}

/// <summary>The layout of <c>dataset.json</c>.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(DatasetManifest))]
internal sealed partial class DatasetJson : JsonSerializerContext;
