using System.Runtime.InteropServices;
using TransformerXL.Files;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Interchange.PyTorch;

namespace TransformerXL.Interchange;

/// <summary>The tensors of a model in one file or several, under the names of the reference, whatever their names in the files.</summary>
internal sealed class StoredModel : IDisposable
{
    private const string HuggingFacePrefix = "transformer.";

    private readonly IReadOnlyList<WeightFile> _files;
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);

    private StoredModel(string path, IReadOnlyList<WeightFile> files, bool huggingFace, Func<string, string>? rename)
    {
        (Path, _files) = (path, files);
        (WeightFile File, WeightEntry Entry)[] entries = [.. files.SelectMany(file => file.Entries.Select(entry => (file, entry)))];
        string[] names = WrappedNames.Unwrap([.. entries.Select(stored => stored.Entry.Name)]);
        IsHuggingFace = rename is null && (huggingFace || names.Any(name => name.StartsWith(HuggingFacePrefix, StringComparison.Ordinal)));
        for (int i = 0; i < entries.Length; i++)
        {
            Add(new StoredTensor(rename is null ? NameOf(names[i]) : rename(names[i]), entries[i].File, entries[i].Entry));
        }
    }

    /// <summary>The file or the folder, as it was named.</summary>
    public string Path { get; }

    /// <summary>Whether names, and the order of the clusters' rows, are those of Hugging Face.</summary>
    public bool IsHuggingFace { get; }

    /// <summary>All tensors.</summary>
    public IEnumerable<StoredTensor> Tensors => _tensors.Values;

    /// <summary>The hints that the file contains in addition to the tensors.</summary>
    public ModelDescription Description => _files is [TorchFile file] ? PickledModel.Describe(file.Root) : new ModelDescription();

    /// <summary>The file that holds a vocabulary and the tensors, such as a whole checkpoint; null if there is none.</summary>
    public string? VocabularyFile => _files is [TorchFile { Root.Kind: TorchValueKind.Dictionary } file]
        && file.Root.TryGet("vocab", out TorchValue? vocabulary) && vocabulary.TryGet("idx2sym", out _) ? file.Path : null;

    /// <summary>Opens the files of one model.</summary>
    /// <param name="path">The name in messages.</param>
    /// <param name="files">The files.</param>
    /// <param name="huggingFace">Whether a configuration says that the model is one of Hugging Face; the names of tensors may show it too.</param>
    /// <param name="rename">Names of tensors by those in the files; null for those of the reference.</param>
    public static StoredModel Open(string path, IReadOnlyList<string> files, bool huggingFace, Func<string, string>? rename = null)
    {
        List<WeightFile> opened = [];
        try
        {
            opened.AddRange(files.Select(WeightFormat.Open));
            return new StoredModel(path, opened, huggingFace, rename);
        }
        catch
        {
            opened.ForEach(file => file.Dispose());
            throw;
        }
    }

    public void Dispose()
    {
        foreach (WeightFile file in _files)
        {
            file.Dispose();
        }
    }

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>The tensor of that name; null if there is none.</summary>
    public StoredTensor? TryFind(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="InputException">There is none; the message names it and similar ones.</exception>
    public StoredTensor Find(string name)
    {
        if (TryFind(name) is { } found)
        {
            return found;
        }

        IReadOnlyList<string> near = NameSuggestions.Find(name, _tensors.Keys, max: 3);
        string hint = near.Count == 0 ? "" : $". Similar names: {string.Join(", ", near.Select(other => _tensors[other].Quoted))}";
        string wanted = IsHuggingFace ? TransfoXLNames.ToHuggingFace(name) : name;
        throw new InputException($"'{Path}' has no tensor '{wanted}'{hint}");
    }

    /// <summary>The sizes of a tensor that must have <paramref name="axes"/> axes.</summary>
    /// <exception cref="InputException">There is no such tensor, or it has another number of axes.</exception>
    public int[] Shape(string name, int axes)
    {
        StoredTensor tensor = Find(name);
        Require.That(
            tensor.Entry.Shape.Count == axes && tensor.Entry.Shape.All(size => size is > 0 and <= int.MaxValue),
            $"'{Path}': the tensor {tensor.Quoted} is {tensor.Entry}, where {axes} axes of sizes from 1 on are expected");
        return [.. tensor.Entry.Shape.Select(size => (int)size)];
    }

    /// <summary>The number of names <c>prefix0suffix</c>, <c>prefix1suffix</c>, ... up to the first gap.</summary>
    public int Count(string prefix, string suffix)
    {
        int count = 0;
        while (Has($"{prefix}{count}{suffix}"))
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether two tensors have the same shape and the same bits as float32.</summary>
    public static bool AreSame(StoredTensor a, StoredTensor b) =>
        a.Entry.Shape.SequenceEqual(b.Entry.Shape)
        && MemoryMarshal.Cast<float, int>(a.Read()).SequenceEqual(MemoryMarshal.Cast<float, int>(b.Read()));

    private string NameOf(string stored) => ReferenceNames.FromVariants(IsHuggingFace ? TransfoXLNames.ToReference(stored) : stored);

    private void Add(StoredTensor tensor)
    {
        if (!_tensors.TryAdd(tensor.Name, tensor))
        {
            throw new InputException($"'{Path}' holds a tensor twice: {_tensors[tensor.Name].Quoted} in '{_tensors[tensor.Name].File.Path}' and {tensor.Quoted} in '{tensor.File.Path}'");
        }
    }
}
