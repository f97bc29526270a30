using System.Buffers.Binary;
using System.Text.Json;

namespace TransformerXL.Files;

/// <summary>
/// The checked header of a safetensors file: 8 bytes little-endian length, then a JSON object
/// <c>{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, "__metadata__": {"key": "text"}}</c>.
/// </summary>
internal sealed class SafetensorsHeader
{
    private const int LengthBytes = 8;

    private SafetensorsHeader(Dictionary<string, string> metadata, List<SafetensorsEntry> entries, long dataStart)
    {
        Metadata = metadata;
        Entries = entries;
        DataStart = dataStart;
        ByName = new Dictionary<string, SafetensorsEntry>(entries.Count, StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in entries)
        {
            ByName.Add(entry.Name, entry);
        }
    }

    /// <summary>Text about the file.</summary>
    public Dictionary<string, string> Metadata { get; }

    /// <summary>The tensors in the header's order.</summary>
    public List<SafetensorsEntry> Entries { get; }

    /// <summary>The tensors by name.</summary>
    public Dictionary<string, SafetensorsEntry> ByName { get; }

    /// <summary>Offset in the file of the first byte of data.</summary>
    public long DataStart { get; }

    /// <summary>Reads and checks the whole header.</summary>
    /// <exception cref="InputException">The file is not a whole, well-formed safetensors file.</exception>
    public static SafetensorsHeader Read(ByteSource source)
    {
        byte[] header = ReadBytes(source);
        long dataStart = LengthBytes + header.Length;
        var parser = new SafetensorsHeaderParser(source.Name, header);
        try
        {
            parser.Parse();
        }
        catch (JsonException fault)
        {
            throw new InputException($"'{source.Name}' is not a safetensors file: its header is not the JSON expected there ({JsonFault.Describe(header, SafetensorsHeaderParser.DocumentOptions)})", fault);
        }

        SafetensorsEntry[] inOrder = CheckLayout(source.Name, parser.Entries, source.Length - dataStart);
        uint[]? checksums = SafetensorsChecksums.Parse(source.Name, parser.Metadata, inOrder.Length);
        for (int i = 0; i < checksums?.Length; i++)
        {
            inOrder[i].Checksum = checksums[i];
        }

        return new SafetensorsHeader(parser.Metadata, parser.Entries, dataStart);
    }

    private static byte[] ReadBytes(ByteSource source)
    {
        if (source.Length < LengthBytes + 2)
        {
            throw new InputException($"'{source.Name}' is not a safetensors file: it has {Counted.Of(source.Length, "byte")}, and the smallest possible has {LengthBytes + 2}");
        }

        Span<byte> prefix = stackalloc byte[LengthBytes];
        source.Read(0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        long longest = Math.Min(source.Length - LengthBytes, SafetensorsLimits.HeaderBytes);
        if (length < 2 || length > (ulong)longest)
        {
            throw new InputException(
                $"'{source.Name}' is not a complete safetensors file: it claims a header of {length} bytes; from 2 to {longest} bytes are possible in a file of {source.Length} bytes");
        }

        byte[] header = new byte[(int)length];
        source.Read(LengthBytes, header);
        if (header[0] != (byte)'{')
        {
            throw new InputException($"'{source.Name}' is not a safetensors file: its header begins with byte 0x{header[0]:x2} instead of '{{'.");
        }

        return header;
    }

    /// <summary>The tensors must fill the data without overlap and without gap: bytes that belong to no tensor could hide anything.</summary>
    /// <returns>The tensors in the order of the data.</returns>
    private static SafetensorsEntry[] CheckLayout(string file, List<SafetensorsEntry> entries, long dataLength)
    {
        SafetensorsEntry[] sorted = [.. entries];
        Array.Sort(sorted, static (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long end = 0;
        foreach (SafetensorsEntry entry in sorted)
        {
            if (entry.End > dataLength)
            {
                throw new InputException(
                    $"'{file}' is truncated or damaged: tensor '{InputText.Show(entry.Name)}' lies at bytes {entry.Begin} to {entry.End} of the data, which has {dataLength} bytes");
            }

            if (entry.Begin != end)
            {
                string fault = entry.Begin < end ? "overlaps the tensor before it, which ends" : "leaves a gap after the tensor before it, which ends";
                throw new InputException($"'{file}' is damaged: tensor '{InputText.Show(entry.Name)}' begins at byte {entry.Begin} of the data and {fault} at byte {end}");
            }

            end = entry.End;
        }

        if (end != dataLength)
        {
            throw new InputException($"'{file}' is damaged: its tensors take {end} bytes of data, the file holds {dataLength}");
        }

        return sorted;
    }
}
