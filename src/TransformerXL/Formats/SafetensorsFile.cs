using System.Diagnostics.CodeAnalysis;

namespace TransformerXL.Formats;

/// <summary>
/// A safetensors file opened for reading. The header is checked completely when it is opened; tensors are read from
/// the file when they are asked for, so that a file may be larger than the memory. Reading is safe from several threads.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly ByteSource _source;
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(ByteSource source, SafetensorsHeader header)
    {
        _source = source;
        _header = header;
    }

    /// <summary>The path as given to <see cref="Open(string)"/>.</summary>
    public string Path => _source.Name;

    /// <summary>The text under <c>__metadata__</c>; empty if there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>The tensors in the order of the header.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _header.Entries;

    /// <summary>Opens a file and checks its header; nothing it claims is believed before it is compared with the file's length.</summary>
    /// <exception cref="InputException">The file cannot be read, or is not a whole, well-formed safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(new FileByteSource(path));
    }

    /// <summary>The same for bytes in memory, called <paramref name="name"/> in errors.</summary>
    internal static SafetensorsFile Parse(string name, ReadOnlyMemory<byte> bytes) => Open(new MemoryByteSource(name, bytes));

    private static SafetensorsFile Open(ByteSource source)
    {
        try
        {
            return new SafetensorsFile(source, SafetensorsHeader.Read(source));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a tensor of that name, and which.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out SafetensorsEntry? entry) => _header.ByName.TryGetValue(name, out entry);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="InputException">There is none; the message names the file, the name and similar names.</exception>
    public SafetensorsEntry Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryFind(name, out SafetensorsEntry? entry) ? entry : throw Missing(name);
    }

    /// <summary>Reads a tensor of F64, F32, F16 or BF16 as float32, in the order of the file (last axis fastest).</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">As many elements as the tensor has.</param>
    /// <exception cref="InputException">No such tensor, another element type, or another number of elements.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        SafetensorsEntry entry = Find(name);
        if (entry.Type is not (SafetensorsType.F64 or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16))
        {
            throw WrongType(entry, "F64, F32, F16 or BF16");
        }

        CheckCount(entry, destination.Length);
        SafetensorsElements.ReadFloats(_source, _header.DataStart + entry.Begin, entry.Type, destination);
    }

    /// <summary>Reads a tensor of I64, I32, I16, I8, U8 or BOOL (as 0 and 1), in the order of the file (last axis fastest).</summary>
    /// <inheritdoc cref="ReadFloats" path="/param|/exception"/>
    public void ReadInt64s(string name, Span<long> destination)
    {
        SafetensorsEntry entry = Find(name);
        if (entry.Type is SafetensorsType.F64 or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16)
        {
            throw WrongType(entry, "I64, I32, I16, I8, U8 or BOOL");
        }

        CheckCount(entry, destination.Length);
        SafetensorsElements.ReadInt64s(_source, _header.DataStart + entry.Begin, entry.Type, destination);
    }

    /// <summary>Reads stored bytes of a tensor of any type, from <paramref name="byteOffset"/> within the tensor on.</summary>
    /// <exception cref="InputException">No such tensor, or the tensor has fewer bytes.</exception>
    public void ReadBytes(string name, long byteOffset, Span<byte> destination)
    {
        SafetensorsEntry entry = Find(name);
        if (byteOffset < 0 || byteOffset > entry.ByteLength - destination.Length)
        {
            throw new InputException(
                $"Tensor '{InputText.Show(name)}' of '{Path}' has {entry.ByteLength} bytes; {destination.Length} bytes from {byteOffset} on are not there.");
        }

        _source.Read(_header.DataStart + entry.Begin + byteOffset, destination);
    }

    /// <summary>Closes the file; a file that is not disposed is closed when it is finalized.</summary>
    public void Dispose() => _source.Dispose();

    private InputException Missing(string name)
    {
        IReadOnlyList<string> near = NearNames.Find(name, _header.Entries.Select(entry => entry.Name), most: 3);
        string hint = near.Count > 0
            ? $"Similar names: {string.Join(", ", near.Select(found => $"'{InputText.Show(found)}'"))}."
            : _header.Entries.Count == 0
                ? "It holds no tensors."
                : $"It holds {_header.Entries.Count} tensors, for example '{InputText.Show(_header.Entries[0].Name)}'.";
        return new InputException($"'{Path}' has no tensor '{InputText.Show(name)}'. {hint}");
    }

    private void CheckCount(SafetensorsEntry entry, long wanted)
    {
        if (entry.Count != wanted)
        {
            throw new InputException($"Tensor '{InputText.Show(entry.Name)}' of '{Path}' is {entry}: {entry.Count} elements, where {wanted} are expected.");
        }
    }

    private InputException WrongType(SafetensorsEntry entry, string accepted) =>
        new($"Tensor '{InputText.Show(entry.Name)}' of '{Path}' is {entry}, where {accepted} is expected.");
}
