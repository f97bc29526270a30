using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace TransformerXL.Files;

/// <summary>
/// Writes safetensors files for every reader of the format: 8 bytes header length, JSON header padded with
/// spaces to a multiple of 8, then the data without gaps. Wider element types come first (else the order given), so
/// that every tensor is aligned to its elements.
/// </summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Writes the tensors to <paramref name="path"/>, all or nothing (see <see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="items">The tensors; their <see cref="SafetensorsItem.Write"/> is called once each.</param>
    /// <param name="metadata">Text about the file, or null.</param>
    /// <exception cref="ArgumentException">A name, a shape or the metadata cannot be stored in the format.</exception>
    /// <exception cref="InvalidOperationException">An item wrote more or fewer bytes than its type and shape say.</exception>
    /// <inheritdoc cref="AtomicFile.Write" path="/exception"/>
    public static void Write(string path, IReadOnlyList<SafetensorsItem> items, IReadOnlyDictionary<string, string>? metadata)
    {
        ArgumentNullException.ThrowIfNull(items);
        Action<Stream> write = Prepare(path, items, metadata);
        AtomicFile.Write(path, write);
    }

    /// <summary>The same with a checksum of each tensor, whose <see cref="SafetensorsItem.Write"/> is called twice.</summary>
    internal static void WriteSummed(string path, IReadOnlyList<SafetensorsItem> items, IReadOnlyDictionary<string, string>? metadata) =>
        AtomicFile.Write(path, Prepare(path, items, metadata, withChecksums: true));

    /// <summary>Writes the tensors with their checksums to a stream, which is not closed; names and shapes are checked before the first byte is written.</summary>
    internal static void WriteSummed(Stream stream, string name, IReadOnlyList<SafetensorsItem> items, IReadOnlyDictionary<string, string>? metadata) =>
        Prepare(name, items, metadata, withChecksums: true)(stream);

    private static Action<Stream> Prepare(string path, IReadOnlyList<SafetensorsItem> items, IReadOnlyDictionary<string, string>? metadata, bool withChecksums = false)
    {
        SafetensorsItem[] ordered = [.. items.OrderByDescending(item => SafetensorsTypes.SizeOf(item.Type))];
        long[] lengths = [.. ordered.Select(ByteLength)];
        CheckNames(ordered.Select(item => item.Name), "tensor", reserved: SafetensorsLimits.MetadataKey);
        CheckNames(metadata?.Keys ?? [], "metadata key", reserved: null);
        if (withChecksums)
        {
            metadata = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { [SafetensorsChecksums.Key] = SafetensorsChecksums.Of(ordered) };
        }

        byte[] header = Header(ordered, lengths, metadata);
        return stream =>
        {
            stream.Write(header);
            for (int i = 0; i < ordered.Length; i++)
            {
                using var exact = new ExactWriteStream(stream, $"Tensor '{ordered[i].Name}' of '{path}'", lengths[i]);
                ordered[i].Write(exact);
                exact.Complete();
            }
        };
    }

    private static long ByteLength(SafetensorsItem item)
    {
        int size = SafetensorsTypes.SizeOf(item.Type);
        long[] shape = [.. item.Shape];
        if (shape.Length > SafetensorsLimits.Rank || !SafetensorsLimits.TryCount(shape, size, out long count))
        {
            throw new ArgumentException(
                $"Tensor '{item.Name}' has the shape [{string.Join(", ", shape)}]; at most {SafetensorsLimits.Rank} axes of sizes from 0 on, whose bytes fit in 63 bits, can be stored.",
                nameof(item));
        }

        return count * size;
    }

    private static void CheckNames(IEnumerable<string> names, string what, string? reserved)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (name == reserved || !seen.Add(name) || seen.Count > SafetensorsLimits.Tensors)
            {
                throw new ArgumentException(
                    $"The {what} '{name}' cannot be stored: names must differ from each other and from '{SafetensorsLimits.MetadataKey}', at most {SafetensorsLimits.Tensors} of them.");
            }

            // The header stores the name escaped, at worst six bytes for a character.
            if (6 * name.Length > SafetensorsLimits.NameBytes)
            {
                throw new ArgumentException($"The {what} '{InputText.Show(name)}' has {name.Length} characters; at most {SafetensorsLimits.NameBytes / 6} can be stored.");
            }

            // Throws for a lone surrogate, which no other program could read.
            StrictUtf8.GetByteCount(name);
        }
    }

    private static byte[] Header(SafetensorsItem[] items, long[] lengths, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsLimits.MetadataKey);
                foreach ((string key, string value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long begin = 0;
            for (int i = 0; i < items.Length; i++)
            {
                WriteEntry(json, items[i], begin, checked(begin + lengths[i]));
                begin += lengths[i];
            }

            json.WriteEndObject();
        }

        int padded = (buffer.WrittenCount + Alignment - 1) / Alignment * Alignment;
        if (padded > SafetensorsLimits.HeaderBytes)
        {
            throw new ArgumentException($"The header has {padded} bytes; at most {SafetensorsLimits.HeaderBytes} can be read back.");
        }

        byte[] bytes = new byte[sizeof(long) + padded];
        bytes.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(bytes, padded);
        buffer.WrittenSpan.CopyTo(bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    private static void WriteEntry(Utf8JsonWriter json, SafetensorsItem item, long begin, long end)
    {
        json.WriteStartObject(item.Name);
        json.WriteString("dtype", SafetensorsTypes.NameOf(item.Type));
        json.WriteStartArray("shape");
        foreach (long size in item.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
