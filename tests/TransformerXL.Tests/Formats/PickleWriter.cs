using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using TransformerXL.Interchange.PyTorch;

namespace TransformerXL.Tests.Formats;

/// <summary>Writes pickles opcode by opcode, also such as Python would never write.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];

    public PickleWriter() => Op(0x80, 2);

    public byte[] Stopped() => [.. _bytes, (byte)'.'];

    public PickleWriter Op(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Op(string ascii) => Op(Encoding.ASCII.GetBytes(ascii));

    public PickleWriter Text(string text) => Op((byte)'X').Number(Encoding.UTF8.GetByteCount(text)).Op(Encoding.UTF8.GetBytes(text));

    public PickleWriter Int(int value) => Op((byte)'J').Number(value);

    public PickleWriter Long(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Op(0x8a, 8).Op(bytes);
    }

    public PickleWriter Global(string module, string name) => Op($"c{module}\n{name}\n");

    public PickleWriter Call(string module, string name, Action<PickleWriter> arguments)
    {
        Global(module, name).Op("(");
        arguments(this);
        return Op("tR");
    }

    public PickleWriter Ints(params int[] values)
    {
        Op("(");
        foreach (int value in values)
        {
            Int(value);
        }

        return Op("t");
    }

    public PickleWriter Storage(string type, string key, long count) =>
        Op("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Long(count).Op("tQ");

    /// <summary>A dictionary with one tensor 'w' over the storage '0'.</summary>
    public PickleWriter Tensor(string type, long count, long offset, int[] shape, int[] strides) =>
        Op("}").Text("w").Call("torch._utils", "_rebuild_tensor_v2", call => call
            .Storage(type, "0", count).Long(offset).Ints(shape).Ints(strides).Op(0x89).Op("}")).Op("s");

    public TorchFile Plain(UnknownClasses classes = UnknownClasses.Refused) => TorchFile.Parse("test.pkl", Stopped(), classes);

    public TorchFile Zip(byte[] storage, UnknownClasses classes = UnknownClasses.Refused) => TorchFile.Parse("test.pt", ZipBytes(storage), classes);

    public byte[] ZipBytes(byte[] storage, CompressionLevel level = CompressionLevel.NoCompression) =>
        ZipOf(level, ("archive/data.pkl", Stopped()), ("archive/data/0", storage));

    public static byte[] ZipOf(CompressionLevel level, params (string Name, byte[] Bytes)[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    /// <summary>The format before 1.6 with one storage '0'.</summary>
    public static byte[] Legacy(PickleWriter root, long count, byte[] storage)
    {
        PickleWriter magic = new PickleWriter().Op(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);
        PickleWriter version = new PickleWriter().Int(1001);
        PickleWriter machine = new PickleWriter().Op("}").Text("little_endian").Op(0x88).Op("s");
        PickleWriter keys = new PickleWriter().Op("](").Text("0").Op("e");
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, count);
        return [.. magic.Stopped(), .. version.Stopped(), .. machine.Stopped(), .. root.Stopped(), .. keys.Stopped(), .. prefix, .. storage];
    }

    private PickleWriter Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Op(bytes);
    }
}
