using System.Buffers.Binary;
using TransformerXL.Files;
using TransformerXL.Training.Datasets;

namespace TransformerXL.Training.Synthetic;

/// <summary>
/// The loss of the best possible model on each character of a text, and the distance back to the character that it
/// depends on, in a file beside the text (<c>test.optimum</c> for <c>test.txt</c>). Little-endian: the eight
/// bytes <c>TXLOPTIM</c>, the number of characters (int64), and for each character the loss in nats (float32) and the distance
/// (int32, 0 for none).
/// </summary>
public sealed class TextOptimum
{
    /// <summary>The file extension.</summary>
    public const string Extension = ".optimum";

    private const int HeaderBytes = 16, EntryBytes = 8, Chunk = 1 << 13;

    private readonly float[] _nats;
    private readonly int[] _distances;

    private TextOptimum(float[] nats, int[] distances) => (_nats, _distances) = (nats, distances);

    /// <summary>Number of characters.</summary>
    public int Count => _nats.Length;

    /// <summary>-ln of the true probability of each character.</summary>
    public ReadOnlySpan<float> Nats => _nats;

    /// <summary>The distance back to the character that each one repeats or answers; 0 for none.</summary>
    public ReadOnlySpan<int> Distances => _distances;

    /// <summary>Reads the optimum of the test text of a prepared data set.</summary>
    /// <param name="folder">The folder of the data set.</param>
    /// <returns>The optimum, or null if the folder is not a prepared data set or its optimum is not known.</returns>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static TextOptimum? OfTestText(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!DatasetManifest.IsIn(folder))
        {
            return null;
        }

        string path = Path.ChangeExtension(Path.Combine(folder, DatasetManifest.Read(folder).Test), Extension);
        return File.Exists(path) ? Read(path) : null;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It cannot be read or is damaged.</exception>
    public static TextOptimum Read(string path)
    {
        try
        {
            RegularFile.Require(path);
            using FileStream stream = File.OpenRead(path);
            Span<byte> header = stackalloc byte[HeaderBytes];
            Require.That(stream.Length >= HeaderBytes, $"it has {Counted.Of(stream.Length, "byte")}, fewer than the {HeaderBytes} of a header");
            stream.ReadExactly(header);
            long count = BinaryPrimitives.ReadInt64LittleEndian(header[8..]), present = (stream.Length - HeaderBytes) / EntryBytes;
            Require.That(header[..8].SequenceEqual("TXLOPTIM"u8), "it does not begin with TXLOPTIM");
            Require.That(
                count == present && (stream.Length - HeaderBytes) % EntryBytes == 0 && count <= Array.MaxLength,
                $"it says {count} characters, but has {stream.Length} bytes, room for {present}");
            return ReadEntries(stream, (int)count);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InputException)
        {
            throw new InputException($"'{path}' cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>Writes the file of a text.</summary>
    internal static void Write(string path, IEnumerable<SyntheticCharacter> text, long count, CancellationToken cancellationToken = default) => AtomicFile.Write(path, stream =>
    {
        byte[] buffer = new byte[Chunk * EntryBytes];
        "TXLOPTIM"u8.CopyTo(buffer);
        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(8), count);
        int used = HeaderBytes;
        foreach (SyntheticCharacter character in text)
        {
            BinaryPrimitives.WriteSingleLittleEndian(buffer.AsSpan(used), (float)character.Nats);
            BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(used + 4), character.Distance);
            used += EntryBytes;
            if (used == buffer.Length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                stream.Write(buffer);
                used = 0;
            }
        }

        stream.Write(buffer, 0, used);
    });

    private static TextOptimum ReadEntries(FileStream stream, int count)
    {
        (float[] nats, int[] distances) = (new float[count], new int[count]);
        byte[] buffer = new byte[Chunk * EntryBytes];
        for (int first = 0; first < count; first += Chunk)
        {
            int part = Math.Min(Chunk, count - first);
            stream.ReadExactly(buffer, 0, part * EntryBytes);
            for (int i = 0; i < part; i++)
            {
                float value = BinaryPrimitives.ReadSingleLittleEndian(buffer.AsSpan(i * EntryBytes));
                int distance = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan((i * EntryBytes) + 4));
                Require.That(value >= 0 && float.IsFinite(value) && distance >= 0, $"character {first + i} has a loss of {value} nats and a distance of {distance}");
                (nats[first + i], distances[first + i]) = (value, distance);
            }
        }

        return new TextOptimum(nats, distances);
    }
}
