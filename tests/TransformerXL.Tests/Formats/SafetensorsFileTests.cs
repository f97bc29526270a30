using System.Buffers.Binary;
using TransformerXL.Files;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Entries_keep_the_order_types_and_shapes_of_the_header()
    {
        using SafetensorsFile file = SafetensorsBytes.Parse(
            """{"b":{"dtype":"F32","shape":[2,3],"data_offsets":[2,26]},"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}  """, 26);
        Assert.Equal(["b F32 [2, 3]", "a BOOL [2]"], file.Entries.Select(entry => $"{entry.Name} {entry}"));
        Assert.Equal(6, file.Find("b").Count);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Metadata_are_read()
    {
        using SafetensorsFile file = SafetensorsBytes.Parse("""{"__metadata__":{"format":"pt","größe":"ü\n"}}""", 0);
        Assert.Equal("ü\n", file.Metadata["größe"]);
        Assert.Empty(file.Entries);
    }

    [Fact]
    public void A_scalar_has_one_element_and_an_empty_axis_none()
    {
        using SafetensorsFile file = SafetensorsBytes.Parse(
            """{"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[3,0],"data_offsets":[8,8]}}""", 8);
        Assert.Equal(1, file.Find("s").Count);
        Assert.Equal(0, file.Find("e").Count);
    }

    [Fact]
    public void A_missing_name_is_reported_with_the_file_and_similar_names()
    {
        using SafetensorsFile file = SafetensorsBytes.Parse(
            """{"layers.0.weight":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"other":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0);
        string message = Assert.Throws<InputException>(() => file.Find("layer.0.weight")).Message;
        Assert.Contains("'test.safetensors'", message, StringComparison.Ordinal);
        Assert.Contains("'layer.0.weight'", message, StringComparison.Ordinal);
        Assert.Contains("'layers.0.weight'", message, StringComparison.Ordinal);
        Assert.DoesNotContain("other", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_element_count_is_reported_with_both_counts()
    {
        using SafetensorsFile file = SafetensorsBytes.Parse("""{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""", 24);
        string message = Assert.Throws<InputException>(() => file.ReadFloats("w", new float[5])).Message;
        Assert.Contains("'w'", message, StringComparison.Ordinal);
        Assert.Contains("6 elements, where 5", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_of_the_wrong_kind_are_refused()
    {
        using SafetensorsFile file = SafetensorsBytes.Parse(
            """{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"i":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}""", 8);
        Assert.Contains("F32", Assert.Throws<InputException>(() => file.ReadInt64s("w", new long[1])).Message, StringComparison.Ordinal);
        Assert.Contains("I32", Assert.Throws<InputException>(() => file.ReadFloats("i", new float[1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Raw_bytes_are_read_within_the_tensor_only()
    {
        byte[] bytes = SafetensorsBytes.File("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}"""u8.ToArray(), [1, 2, 3, 4]);
        using SafetensorsFile file = SafetensorsFile.Parse("test", bytes);
        byte[] two = new byte[2];
        file.ReadBytes("a", 1, two);
        Assert.Equal([2, 3], two);
        Assert.Throws<InputException>(() => file.ReadBytes("a", 2, two));
        Assert.Throws<InputException>(() => file.ReadBytes("a", -1, two));
    }

    [Fact]
    public void Every_half_of_either_kind_converts_to_the_float_it_means()
    {
        const int Count = 1 << 16;
        byte[] data = new byte[4 * Count];
        for (int i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2 * i), (ushort)i);
            BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2 * (Count + i)), (ushort)i);
        }

        byte[] bytes = SafetensorsBytes.File(
            """{"f":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]},"b":{"dtype":"BF16","shape":[65536],"data_offsets":[131072,262144]}}"""u8.ToArray(), data);
        using SafetensorsFile file = SafetensorsFile.Parse("test", bytes);
        float[] read = new float[Count];
        file.ReadFloats("f", read);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => HalfValue(i, 5, 10)), read);
        file.ReadFloats("b", read);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => HalfValue(i, 8, 7)), read);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_named()
    {
        string absent = _folder["absent.safetensors"];
        Assert.Contains(absent, Assert.Throws<InputException>(() => SafetensorsFile.Open(absent)).Message, StringComparison.Ordinal);
        Assert.Contains("folder", Assert.Throws<InputException>(() => SafetensorsFile.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_short_while_it_is_open_is_an_error_not_a_crash()
    {
        string path = _folder["cut.safetensors"];
        File.WriteAllBytes(path, SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[4096],"data_offsets":[0,16384]}}""", 16384));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using (var other = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            other.SetLength(4096);
        }

        Assert.Contains("cut", Assert.Throws<InputException>(() => file.ReadFloats("w", new float[4096])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_file_cannot_be_read()
    {
        string path = _folder["closed.safetensors"];
        File.WriteAllBytes(path, SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4));
        SafetensorsFile file = SafetensorsFile.Open(path);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("w", new float[1]));
    }

    [SkippableFact]
    public void Tensors_beyond_two_gigabytes_are_read()
    {
        Skip.If(OperatingSystem.IsWindows(), "needs a sparse file, which Windows makes only on request");
        const long Big = 5_000_000_000;
        string path = _folder["big.safetensors"];
        byte[] head = SafetensorsBytes.File(
            $$$"""{"big":{"dtype":"U8","shape":[{{{Big}}}],"data_offsets":[0,{{{Big}}}]},"last":{"dtype":"F32","shape":[2],"data_offsets":[{{{Big}}},{{{Big + 8}}}]}}""", 0);
        using (FileStream stream = File.Create(path))
        {
            stream.Write(head);
            stream.SetLength(head.Length + Big + 8);
            stream.Position = head.Length + Big - 1;
            stream.Write([7, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        float[] last = new float[2];
        file.ReadFloats("last", last);
        Assert.Equal([1.5f, -2f], last);
        byte[] tail = new byte[2];
        file.ReadBytes("big", Big - 2, tail);
        Assert.Equal([0, 7], tail);
    }

    /// <summary>A binary floating-point number from its definition.</summary>
    private static float HalfValue(int bits, int exponentBits, int fractionBits)
    {
        int bias = (1 << (exponentBits - 1)) - 1;
        int exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
        double fraction = (bits & ((1 << fractionBits) - 1)) * Math.Pow(2, -fractionBits);
        double magnitude = exponent == (1 << exponentBits) - 1
            ? (fraction == 0 ? double.PositiveInfinity : double.NaN)
            : exponent == 0 ? fraction * Math.Pow(2, 1 - bias) : (1 + fraction) * Math.Pow(2, exponent - bias);
        return (float)(bits >> (exponentBits + fractionBits) == 0 ? magnitude : -magnitude);
    }
}
