using System.Buffers.Binary;
using System.Text;
using TransformerXL.Files;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class NumpyMatrixWriterTests
{
    [Fact]
    public void The_header_tells_type_order_and_shape_and_the_rows_follow_at_byte_128()
    {
        using MemoryStream stream = new();
        NumpyMatrixWriter writer = new(stream, 3);
        writer.Write([1, 2, 3]);
        writer.Write([4, 5, 6.5f]);
        writer.Complete();
        byte[] bytes = stream.ToArray();
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0], bytes[..10]);
        string header = Encoding.ASCII.GetString(bytes[10..128]);
        Assert.StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", header, StringComparison.Ordinal);
        Assert.EndsWith(" \n", header, StringComparison.Ordinal);
        Assert.Equal(128 + (6 * 4), bytes.Length);
        Assert.Equal(6.5f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(^4)));
        Assert.Throws<ArgumentException>(() => writer.Write([1]));
    }
}
