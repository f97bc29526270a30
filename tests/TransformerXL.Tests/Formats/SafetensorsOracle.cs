using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace TransformerXL.Tests.Formats;

/// <summary>A plain second reader of safetensors: the header by <see cref="JsonDocument"/>, each value by its definition.</summary>
internal sealed class SafetensorsOracle
{
    private readonly byte[] _data;
    private readonly JsonDocument _header;

    public SafetensorsOracle(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        _header = JsonDocument.Parse(file.AsMemory(sizeof(ulong), length));
        _data = file[(sizeof(ulong) + length)..];
    }

    public IEnumerable<string> Names => _header.RootElement.EnumerateObject().Select(property => property.Name).Where(name => name != "__metadata__");

    public string? Metadata(string key) => _header.RootElement.GetProperty("__metadata__").GetProperty(key).GetString();

    public string Type(string name) => Entry(name).GetProperty("dtype").GetString()!;

    public long[] Shape(string name) => [.. Entry(name).GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];

    public bool IsInteger(string name) => Type(name) is not ("F64" or "F32" or "F16" or "BF16");

    public double[] Floats(string name) => [.. Elements(name).Select(bytes => Type(name) switch
    {
        "F64" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        "F32" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        string other => throw new InvalidOperationException(other),
    })];

    public long[] Integers(string name) => [.. Elements(name).Select(bytes => Type(name) switch
    {
        "I64" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        "I32" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "I16" => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        "I8" => (sbyte)bytes[0],
        "U8" or "BOOL" => bytes[0],
        string other => throw new InvalidOperationException(other),
    })];

    private IEnumerable<byte[]> Elements(string name)
    {
        int begin = Entry(name).GetProperty("data_offsets")[0].GetInt32(), end = Entry(name).GetProperty("data_offsets")[1].GetInt32();
        string digits = string.Concat(Type(name).Where(char.IsAsciiDigit));
        return _data[begin..end].Chunk(digits.Length == 0 ? 1 : int.Parse(digits, CultureInfo.InvariantCulture) / 8);
    }

    private JsonElement Entry(string name) => _header.RootElement.GetProperty(name);
}
