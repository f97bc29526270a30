using System.Buffers.Binary;
using System.Text;
using TransformerXL.Files;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder["out.safetensors"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        float[] floats = [.. Enumerable.Range(0, 10_007).Select(i => (float)Math.Sin(i))];
        SafetensorsWriter.Write(
            Target,
            [
                new SafetensorsItem("flags \"ü\" 😀", SafetensorsType.BOOL, [3], stream => stream.Write([1, 0, 1])),
                SafetensorsItem.FromFloats("floats", floats, 10_007),
                SafetensorsItem.FromInt64s("step", new long[] { long.MinValue }),
                SafetensorsItem.FromFloats("empty", ReadOnlyMemory<float>.Empty, 0, 5),
            ],
            new Dictionary<string, string> { ["format"] = "pt", ["note"] = "größer" });
        using SafetensorsFile file = SafetensorsFile.Open(Target);
        Assert.Equal("größer", file.Metadata["note"]);
        float[] readFloats = new float[floats.Length];
        file.ReadFloats("floats", readFloats);
        Assert.Equal(floats, readFloats);
        long[] step = new long[1];
        file.ReadInt64s("step", step);
        Assert.Equal([long.MinValue], step);
        long[] flags = new long[3];
        file.ReadInt64s("flags \"ü\" 😀", flags);
        Assert.Equal([1, 0, 1], flags);
        Assert.Equal([0L, 5L], file.Find("empty").Shape);
    }

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        SafetensorsWriter.Write(Target, [SafetensorsItem.FromFloats("w", new[] { 1.5f }, 1, 1)], null);
        byte[] header = Encoding.UTF8.GetBytes("""{"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}""");
        int padded = (header.Length + 7) / 8 * 8;
        byte[] expected = SafetensorsBytes.File([.. header, .. Enumerable.Repeat((byte)' ', padded - header.Length)], [0, 0, 0xc0, 0x3f]);
        Assert.Equal(expected, File.ReadAllBytes(Target));
    }

    [Fact]
    public void A_changed_byte_of_any_tensor_with_a_checksum_is_found()
    {
        SafetensorsItem[] items =
        [
            new SafetensorsItem("flags", SafetensorsType.BOOL, [3], stream => stream.Write([1, 0, 1])),
            SafetensorsItem.FromFloats("floats", Enumerable.Range(0, 13).Select(i => (float)i).ToArray(), 13),
            SafetensorsItem.FromFloats("empty", ReadOnlyMemory<float>.Empty, 0),
            SafetensorsItem.FromInt64s("numbers", new long[] { 1, 2 }, 2),
        ];
        SafetensorsWriter.WriteSummed(Target, items, new Dictionary<string, string> { ["note"] = "kept" });
        byte[] whole = File.ReadAllBytes(Target);
        Assert.Equal((null, "kept"), ReadAll());

        // The data: numbers, floats, flags.
        int begin = whole.Length - 16 - 52 - 3;
        for (int i = begin; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 0x10;
            File.WriteAllBytes(Target, changed);
            string tensor = i - begin < 16 ? "numbers" : i - begin < 16 + 52 ? "floats" : "flags";
            Assert.Contains($"is damaged: the bytes of tensor '{tensor}' do not have the checksum", ReadAll().Fault, StringComparison.Ordinal);
        }

        // Without the checksums nothing is compared: other programs' files have none.
        SafetensorsWriter.Write(Target, items, null);
        byte[] bare = File.ReadAllBytes(Target);
        bare[^1] ^= 1;
        File.WriteAllBytes(Target, bare);
        Assert.Equal((null, null), ReadAll());

        (string? Fault, string? Note) ReadAll()
        {
            using SafetensorsFile file = SafetensorsFile.Open(Target);
            string? note = file.Metadata.GetValueOrDefault("note");
            try
            {
                file.ReadInt64s("flags", new long[3]);
                file.ReadFloats("floats", new float[13]);
                file.ReadFloats("empty", []);
                file.ReadInt64s("numbers", new long[2]);
                return (null, note);
            }
            catch (InputException exception)
            {
                return (exception.Message, note);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000 00000000")]
    [InlineData("0000000")]
    [InlineData("0000000g")]
    [InlineData(" 0000000")]
    public void Checksums_that_are_not_one_number_for_each_tensor_are_refused(string checksums)
    {
        SafetensorsWriter.Write(Target, [SafetensorsItem.FromFloats("w", new[] { 1.5f }, 1)], new Dictionary<string, string> { ["tensors_crc32c"] = checksums });
        Assert.Contains("the metadata 'tensors_crc32c' are not 1 number of 8 hexadecimal digits", Assert.Throws<InputException>(() => SafetensorsFile.Open(Target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_checksum_is_that_of_the_standard_in_pieces_too()
    {
        // The check value of CRC-32C, and the test values of RFC 3720, appendix B.4.
        Assert.Equal(0xe3069283, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8a9136aa, Crc32C.Of(new byte[32]));
        Assert.Equal(0u, Crc32C.Of([]));
        Crc32C pieces = default;
        pieces.Append("1234"u8);
        pieces.Append("56789"u8);
        Assert.Equal(0xe3069283, pieces.Value);
    }

    [Fact]
    public void Every_tensor_is_aligned_to_its_elements()
    {
        SafetensorsItem[] items = [.. Enumerable.Range(0, 10).Select(i =>
        {
            var type = (SafetensorsType)(9 - i);
            int bytes = 3 * SafetensorsTypes.SizeOf(type);
            return new SafetensorsItem(type.ToString(), type, [3], stream => stream.Write(new byte[bytes]));
        })];
        SafetensorsWriter.Write(Target, items, null);
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(File.ReadAllBytes(Target)) % 8);
        using SafetensorsFile file = SafetensorsFile.Open(Target);
        Assert.All(file.Entries, entry => Assert.Equal(0, entry.Begin % SafetensorsTypes.SizeOf(entry.Type)));
    }

    [Theory]
    [InlineData(3, "12 bytes; 3 were")]
    [InlineData(13, "12 bytes; at least 13 were")]
    public void An_item_that_writes_another_number_of_bytes_fails_and_the_old_file_stays(int bytes, string counts)
    {
        AtomicFile.WriteText(Target, "old");
        var item = new SafetensorsItem("w", SafetensorsType.F32, [3], stream => stream.Write(new byte[bytes]));
        string message = Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(Target, [item], null)).Message;
        Assert.Contains("'w'", message, StringComparison.Ordinal);
        Assert.Contains(counts, message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(Target));
    }

    [Fact]
    public void Names_that_no_reader_would_take_are_refused()
    {
        static SafetensorsItem Named(string name) => SafetensorsItem.FromFloats(name, ReadOnlyMemory<float>.Empty, 0);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Target, [Named("w"), Named("w")], null));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Target, [Named("__metadata__")], null));
        Assert.ThrowsAny<ArgumentException>(() => SafetensorsWriter.Write(Target, [Named("\ud800")], null));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Target, [Named(new string('ü', 700))], null));
    }

    [Fact]
    public void Shapes_that_no_reader_would_take_are_refused()
    {
        static SafetensorsItem Shaped(params long[] shape) => SafetensorsItem.FromFloats("w", ReadOnlyMemory<float>.Empty, shape);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Target, [Shaped(-1)], null));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Target, [Shaped(0, long.MaxValue)], null));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Target, [Shaped(0, 1, 1, 1, 1, 1, 1, 1, 1)], null));
    }
}
