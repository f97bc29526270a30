namespace TransformerXL.Files;

/// <summary>
/// A file of named tensors opened for reading, of any format.
/// Tensors are read on demand. Reading is thread-safe.
/// </summary>
public abstract class WeightFile : IDisposable
{
    private const string Floats = "F64, F32, F16 or BF16";
    private const string Integers = "I64, I32, I16, I8, U8 or BOOL";

    private protected WeightFile()
    {
    }

    /// <summary>The path as given when the file was opened.</summary>
    public abstract string Path { get; }

    /// <summary>The tensors in the order of the file.</summary>
    public abstract IReadOnlyList<WeightEntry> Entries { get; }

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Contains(string name) => Lookup(name) is not null;

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="InputException">There is none; the message names the file, the name and similar names.</exception>
    public virtual WeightEntry Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Lookup(name) ?? throw Missing(name);
    }

    /// <summary>Reads a tensor of F64, F32, F16 or BF16 as float32, last axis fastest.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">As many elements as the tensor has.</param>
    /// <exception cref="InputException">No such tensor, another element type, or another number of elements.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        WeightEntry entry = Find(name);
        CheckFloats(entry, destination.Length);
        ReadFloats(entry, destination);
    }

    /// <summary>Reads a tensor of I64, I32, I16, I8, U8 or BOOL (as 0 and 1), last axis fastest.</summary>
    /// <inheritdoc cref="ReadFloats(string, Span{float})" path="/param|/exception"/>
    public void ReadInt64s(string name, Span<long> destination)
    {
        WeightEntry entry = Find(name);
        CheckInt64s(entry, destination.Length);
        ReadInt64s(entry, destination);
    }

    /// <summary>Closes the file; a file that is not disposed is closed when it is finalized.</summary>
    public abstract void Dispose();

    private protected abstract WeightEntry? Lookup(string name);

    private protected abstract void ReadFloats(WeightEntry entry, Span<float> destination);

    private protected abstract void ReadInt64s(WeightEntry entry, Span<long> destination);

    private protected void CheckFloats(WeightEntry entry, long wanted) => CheckReadable(entry, entry.IsFloatingPoint, Floats, wanted);

    private protected void CheckInt64s(WeightEntry entry, long wanted) => CheckReadable(entry, !entry.IsFloatingPoint, Integers, wanted);

    private void CheckReadable(WeightEntry entry, bool rightKind, string accepted, long wanted)
    {
        string what = $"Tensor '{InputText.Show(entry.Name)}' of '{Path}' is {entry}";
        Require.That(rightKind, $"{what}, where {accepted} is expected");
        Require.That(entry.Count == wanted, $"{what}: {entry.Count} elements, where {wanted} are expected");
    }

    private InputException Missing(string name)
    {
        IReadOnlyList<string> near = NameSuggestions.Find(name, Entries.Select(entry => entry.Name), max: 3);
        string hint = near.Count > 0
            ? $"Similar names: {string.Join(", ", near.Select(found => $"'{InputText.Show(found)}'"))}."
            : Entries.Count == 0
                ? "It holds no tensors."
                : $"It holds {Counted.Of(Entries.Count, "tensor")}, for example '{InputText.Show(Entries[0].Name)}'.";
        return new InputException($"'{Path}' has no tensor '{InputText.Show(name)}'. {hint}");
    }
}
