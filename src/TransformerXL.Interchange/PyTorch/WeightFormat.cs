using System.Buffers.Binary;
using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>Opens files of weights: safetensors or PyTorch, distinguished by their first bytes, not by their names.</summary>
public static class WeightFormat
{
    private const int HeadBytes = 512;
    private const int TarMagicOffset = 257;
    private const int SafetensorsBrace = 8;
    private const byte PickleProtocol = 0x80;

    /// <summary>Opens a file of either format. Nothing in the file is executed: pickled models are read as data (see <see cref="UnknownClasses.Inert"/>).</summary>
    /// <exception cref="InputException">The file is neither, is damaged, calls functions, or holds no named tensors.</exception>
    public static WeightFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(new FileByteSource(path));
    }

    /// <summary>The same for bytes in memory, called <paramref name="name"/> in errors.</summary>
    internal static WeightFile Parse(string name, ReadOnlyMemory<byte> bytes) => Open(new MemoryByteSource(name, bytes));

    internal static WeightFile Open(ByteSource source)
    {
        try
        {
            Span<byte> head = stackalloc byte[HeadBytes];
            head = head[..(int)Math.Min(HeadBytes, source.Length)];
            source.Read(0, head);
            Require.That(!head.IsEmpty, $"'{source.Name}' is empty: the file has 0 bytes, and so holds no weights");
            Refuse(source.Name, head);
            if (IsSafetensors(head))
            {
                return SafetensorsFile.Open(source);
            }

            if (!head.StartsWith("PK"u8) && (head.IsEmpty || head[0] != PickleProtocol))
            {
                throw new InputException(
                    $"'{source.Name}' is neither a safetensors nor a PyTorch file: it has {Counted.Of(source.Length, "byte")} and begins with {Convert.ToHexStringLower(head[..Math.Min(8, head.Length)])}");
            }

            TorchFile file = TorchFile.Open(source, UnknownClasses.Inert);
            return file.Entries.Count > 0 ? file : throw WithoutTensors(file);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    internal static bool IsZip(ByteSource source)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        head = head[..(int)Math.Min(HeadBytes, source.Length)];
        source.Read(0, head);
        Refuse(source.Name, head);
        return head.StartsWith("PK"u8);
    }

    /// <summary>Whether it starts with a header length that fits the file, and an opening brace; the first 8 bytes of a pickle are not such a length.</summary>
    /// <summary>The header may be longer than a truncated file.</summary>
    private static bool IsSafetensors(ReadOnlySpan<byte> head) =>
        head.Length > SafetensorsBrace && head[SafetensorsBrace] == (byte)'{' && BinaryPrimitives.ReadUInt64LittleEndian(head) <= SafetensorsLimits.HeaderBytes;

    /// <summary>Files that users mistake for weights and that need another step first.</summary>
    private static void Refuse(string name, ReadOnlySpan<byte> head)
    {
        if (head.Length > TarMagicOffset && head[TarMagicOffset..].StartsWith("ustar"u8))
        {
            throw new InputException($"'{name}' is a tar file: PyTorch wrote those before 0.1.10. Load and save it again with any newer PyTorch");
        }

        if (head.StartsWith("version https://git-lfs"u8))
        {
            throw new InputException($"'{name}' is only a pointer of Git LFS, not the file itself; fetch it with: git lfs pull");
        }
    }

    private static InputException WithoutTensors(TorchFile file)
    {
        var held = new StringBuilder();
        if (file.Root.Kind == TorchValueKind.Dictionary)
        {
            held.AppendJoin(", ", file.Root.Pairs.Take(5).Select(pair => pair.Key.Describe()));
        }

        return new InputException($"'{file.Path}' holds no named tensors, so it is not a weight file. It holds {file.Root.Describe()}{(held.Length > 0 ? $": {held}" : "")}");
    }
}
