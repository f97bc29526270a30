using System.Text;
using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>The names of the files of a run, and the rules that distinguish its folder from a folder of texts by the contents.</summary>
internal static class RunFolders
{
    public const string Configuration = ModelFolderFiles.ConfigurationName, Vocabulary = ModelFolderFiles.VocabularyName, Metrics = "metrics.jsonl", Report = "report.html";
    /// <summary>What dynamic evaluation keeps: statistics of gradients on the training text, and the values that a search has found.</summary>
    public const string DynamicStatistics = "dynamic.safetensors", DynamicSettings = "dynamic.json";

    /// <summary>How the labels of texts in order depend on each other.</summary>
    public const string LabelOrder = TransformerXL.Inference.Ordering.LabelOrder.FileName;

    public const string Lock = "run.lock", AverageLock = "average.lock", Tokens = "data";

    /// <summary>The generator that pages of this program name.</summary>
    public const string PageMark = "txl, TransformerXL for .NET";

    /// <summary>The page of a report on attention, in a folder with its tables.</summary>
    public const string AttentionPage = "attention.html";

    private const string TokenEnding = ".tokens", EventPrefix = "events.out.tfevents.", EventMark = ".txl.";
    private const long MaxBytes = 16 << 20;

    /// <summary>Files of weights in the formats of other programs.</summary>
    private static readonly string[] s_exchanged = [CheckpointFiles.Weights, "weights.safetensors", "pytorch_model.bin"];

    private static readonly string[] s_files = [Configuration, Vocabulary, CheckpointFiles.Weights, Metrics, Report, Lock, AverageLock, DynamicStatistics, DynamicSettings, LabelOrder];

    /// <summary>Whether a folder is that of a run, including one that was stopped before its first step.</summary>
    public static bool IsRun(string folder) =>
        File.Exists(Path.Combine(folder, Lock))
        || ((Directory.Exists(Path.Combine(folder, RunCheckpoints.FolderName)) || File.Exists(Path.Combine(folder, Vocabulary))) && IsConfiguration(Path.Combine(folder, Configuration)));

    /// <summary>Whether a folder is that of a run or a model folder; neither holds training text.</summary>
    public static bool IsRunOrModel(string folder) => IsRun(folder) || ModelFolderFiles.IsIn(folder);

    /// <summary>Whether the configuration in a folder belongs to a run, rather than being a user's file for a new run.</summary>
    public static bool IsBegun(string folder) =>
        IsConfiguration(Path.Combine(folder, Configuration))
        && (new FileInfo(Path.Combine(folder, Lock)) is { Exists: true, Length: > 0 }
            || File.Exists(Path.Combine(folder, Vocabulary)) || File.Exists(Path.Combine(folder, Metrics)) || Directory.Exists(Path.Combine(folder, RunCheckpoints.FolderName)));

    /// <summary>Whether a subfolder of a run holds its token files.</summary>
    public static bool IsTokenFolder(string folder) => Directory.EnumerateFiles(folder, "*" + TokenEnding).Any(IsTokenFile);

    /// <summary>Whether a folder among texts or examples holds neither: a run, a model, a report, or token files.</summary>
    public static bool IsNoText(string folder) => IsRunOrModel(folder) || IsExchangedModel(folder) || IsTokenFolder(folder) || IsOfPage(folder);

    /// <summary>Whether a folder holds a model in a format of other programs: weights beside their configuration.</summary>
    private static bool IsExchangedModel(string folder) =>
        File.Exists(Path.Combine(folder, Configuration)) && s_exchanged.Any(name => File.Exists(Path.Combine(folder, name)));

    /// <summary>Whether a folder among those of classes is not one of them.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="isInRun">Whether it is in the folder of a run.</param>
    public static bool IsNoClass(string folder, bool isInRun) =>
        IsNoText(folder)
        || (isInRun && (IsOwn(Path.GetFileName(folder)) || (Path.GetFileName(folder) == Tokens && Directory.EnumerateDirectories(folder).All(IsTokenFolder))));

    /// <summary>Whether a file or folder in the folder of a run or a model belongs to it.</summary>
    public static bool IsOwn(string name) => name == RunCheckpoints.FolderName || IsOwnFile(name);

    /// <summary>Whether a file in the folder of a run or a model belongs to it.</summary>
    public static bool IsOwnFile(string name) => s_files.Contains(name) || IsEventFile(name) || AtomicFile.IsTemporary(name, null);

    /// <summary>Whether a file is an event file of a run for TensorBoard.</summary>
    public static bool IsEventFile(string name) =>
        name.StartsWith(EventPrefix, StringComparison.Ordinal) && name.Contains(EventMark, StringComparison.Ordinal);

    /// <summary>Whether a file holds the configuration of a run, whatever the version of the program that wrote it.</summary>
    public static bool IsConfiguration(string path)
    {
        try
        {
            return File.Exists(path) && JsonFile.Read(path, MaxBytes) is { } json && json["model"] is JsonObject && json["context"] is JsonObject && json["training"] is JsonObject;
        }
        catch (InputException)
        {
            return false;
        }
    }

    /// <summary>Whether a folder is a report of this program: a page and its tables.</summary>
    public static bool IsOfPage(string folder) => IsPage(Path.Combine(folder, AttentionPage));

    /// <summary>Whether a file is a page that this program has written, in any folder: a report is not training text.</summary>
    public static bool IsPage(string path)
    {
        const int Head = 512;
        if (!path.EndsWith(".html", StringComparison.OrdinalIgnoreCase) || new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            return false;
        }

        Span<byte> begin = stackalloc byte[Head];
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        int count = stream.ReadAtLeast(begin, Head, throwOnEndOfStream: false);
        return begin[..count].IndexOf(Encoding.ASCII.GetBytes($"name=\"generator\" content=\"{PageMark}\"")) >= 0;
    }

    private static bool IsTokenFile(string path)
    {
        Span<byte> begin = stackalloc byte[TokenFileHeader.Magic.Length];
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        return stream.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == begin.Length && begin.SequenceEqual(TokenFileHeader.Magic);
    }
}
