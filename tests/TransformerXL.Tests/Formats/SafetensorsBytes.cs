using System.Buffers.Binary;
using System.Text;
using TransformerXL.Files;
using Xunit;

namespace TransformerXL.Tests.Formats;

/// <summary>Safetensors files built by hand, well-formed or not.</summary>
internal static class SafetensorsBytes
{
    public static byte[] File(string header, int dataBytes) => File(Encoding.UTF8.GetBytes(header), new byte[dataBytes]);

    public static byte[] File(byte[] header, byte[] data)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    public static SafetensorsFile Parse(string header, int dataBytes) => SafetensorsFile.Parse("test.safetensors", File(header, dataBytes));

    /// <summary>The message with which a file is refused.</summary>
    public static string Refusal(byte[] file) =>
        Assert.Throws<InputException>(() => SafetensorsFile.Parse("test.safetensors", file)).Message;

    public static string Refusal(string header, int dataBytes) => Refusal(File(header, dataBytes));
}
