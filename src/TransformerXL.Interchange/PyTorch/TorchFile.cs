using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>
/// A file written by <c>torch.save</c> (or a plain pickle), read without executing anything: the tree of its values,
/// and the tensors of its state dictionary. Tensors are read from the file on demand, and are returned
/// contiguous whatever the strides of their view. Reading tensors is thread-safe.
/// </summary>
public sealed class TorchFile : WeightFile
{
    /// <summary>
    /// Elements of all tensors of a state dictionary for each element that is stored for them. Tied weights and shared biases
    /// are stored once and have several names; a tensor of stride 0 repeats one element any number of times.
    /// </summary>
    private const int MaxNamesOfElement = 4;

    private readonly ByteSource _source;
    private readonly List<TorchEntry> _entries;
    private readonly Dictionary<string, TorchEntry> _byName = new(StringComparer.Ordinal);

    private TorchFile(ByteSource source, TorchValue root)
    {
        _source = source;
        Root = root;
        _entries = TorchStateDictionary.Collect(source.Name, source.Length, root);
        foreach (TorchEntry entry in _entries)
        {
            Require.That(_byName.TryAdd(entry.Name, entry), $"'{Path}' has two tensors of the name '{InputText.Show(entry.Name)}'.");
        }

        RequireStored();
    }

    /// <inheritdoc/>
    public override string Path => _source.Name;

    /// <summary>Everything that was saved: a state dictionary, a checkpoint of several, the state of an optimizer, a model.</summary>
    public TorchValue Root { get; }

    /// <summary>
    /// The tensors of the state dictionary in its order: of <see cref="Root"/> itself, of its entry
    /// <c>state_dict</c>, <c>model_state_dict</c>, <c>model_state</c> or <c>model</c>, or of a whole model, with the
    /// names that its <c>state_dict()</c> would give. Empty if there is none of these.
    /// </summary>
    public override IReadOnlyList<TorchEntry> Entries => _entries;

    /// <summary>Opens a file; every size in it is checked against the file's length first.</summary>
    /// <param name="path">The file.</param>
    /// <param name="classes">Whether objects of classes other than containers and tensors are read as data or refused.</param>
    /// <exception cref="InputException">The file is damaged, of another format, or calls a function; the message names it.</exception>
    public static TorchFile Open(string path, UnknownClasses classes = UnknownClasses.Refused)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(new FileByteSource(path), classes);
    }

    /// <summary>The same for bytes in memory, called <paramref name="name"/> in errors.</summary>
    internal static TorchFile Parse(string name, ReadOnlyMemory<byte> bytes, UnknownClasses classes) => Open(new MemoryByteSource(name, bytes), classes);

    /// <summary>The same for any bytes; the file owns <paramref name="source"/> from now on.</summary>
    internal static TorchFile Open(ByteSource source, UnknownClasses classes)
    {
        try
        {
            TorchValue root = WeightFormat.IsZip(source) ? TorchArchive.Read(source, classes) : TorchStream.Read(source, classes);
            return new TorchFile(source, root);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Reads a tensor of F64, F32, F16 or BF16 from anywhere in <see cref="Root"/> as float32, last axis fastest.</summary>
    /// <exception cref="InputException">Another element type, or another number of elements.</exception>
    public void ReadFloats(TorchTensor tensor, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var entry = new TorchEntry("(unnamed)", tensor);
        CheckFloats(entry, destination.Length);
        ReadFloats(entry, destination);
    }

    /// <summary>Reads a tensor of I64, I32, I16, I8, U8 or BOOL (as 0 and 1) from anywhere in <see cref="Root"/>, last axis fastest.</summary>
    /// <exception cref="InputException">Another element type, or another number of elements.</exception>
    public void ReadInt64s(TorchTensor tensor, Span<long> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var entry = new TorchEntry("(unnamed)", tensor);
        CheckInt64s(entry, destination.Length);
        ReadInt64s(entry, destination);
    }

    /// <inheritdoc/>
    public override void Dispose() => _source.Dispose();

    /// <summary>A model allocates every element of its tensors, so there may not be many more of them than the file stores.</summary>
    private void RequireStored()
    {
        HashSet<TorchStorageBlock> blocks = [];
        Int128 named = 0, stored = 0;
        foreach (TorchTensor tensor in _entries.Select(entry => entry.Tensor))
        {
            named += tensor.Count;
            stored += blocks.Add(tensor.Block) ? tensor.Block.Count : 0;
        }

        Require.That(
            named <= MaxNamesOfElement * stored,
            $"'{Path}' is refused: its tensors have {named} elements together, but it stores {stored} for them; at most {MaxNamesOfElement} tensors may share an element");
    }

    private protected override WeightEntry? Lookup(string name) => _byName.GetValueOrDefault(name);

    private protected override void ReadFloats(WeightEntry entry, Span<float> destination) =>
        TorchElements.Read(_source, ((TorchEntry)entry).Tensor, destination, SafetensorsElements.ReadFloats);

    private protected override void ReadInt64s(WeightEntry entry, Span<long> destination) =>
        TorchElements.Read(_source, ((TorchEntry)entry).Tensor, destination, SafetensorsElements.ReadInt64s);
}
