using System.Text;
using Xunit;

namespace TransformerXL.Tests.Formats.EventLog;

/// <summary>Reads event files from the published format alone: checksums by the polynomial bit by bit, messages by field numbers.</summary>
internal static class EventFileReader
{
    private const uint CastagnoliReversed = 0x82F63B78;

    internal sealed record Value(string Tag, float? Scalar, string? Text, string? Plugin);

    internal sealed record Event(double WallTime, long Step, string? Version, int? SessionStatus, IReadOnlyList<Value> Values);

    /// <summary>The events up to the first frame that is cut off or does not fit its checksum.</summary>
    public static List<Event> Read(byte[] file)
    {
        List<Event> events = [];
        for (int at = 0; at + 12 <= file.Length;)
        {
            ulong length = BitConverter.ToUInt64(file, at);
            if (BitConverter.ToUInt32(file, at + 8) != Masked(file.AsSpan(at, 8)) || length > (ulong)(file.Length - at - 12))
            {
                break;
            }

            int size = (int)length;
            if (at + 12 + size + 4 > file.Length || BitConverter.ToUInt32(file, at + 12 + size) != Masked(file.AsSpan(at + 12, size)))
            {
                break;
            }

            events.Add(Parse(file[(at + 12)..(at + 12 + size)]));
            at += 12 + size + 4;
        }

        return events;
    }

    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ CastagnoliReversed : crc >> 1;
            }
        }

        return ~crc;
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = Crc32C(bytes);
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }

    private static Event Parse(byte[] message)
    {
        ILookup<int, object> fields = Fields(message);
        List<Value> values = [.. fields[5].SelectMany(summary => Fields((byte[])summary)[1]).Select(value => ParseValue((byte[])value))];
        int? status = fields.Contains(7) ? (int)(ulong)Fields((byte[])fields[7].Single())[1].Single() : null;
        string? version = fields.Contains(3) ? Utf8(fields[3].Single()) : null;
        return new Event(BitConverter.UInt64BitsToDouble((ulong)fields[1].Single()), (long)(ulong)fields[2].SingleOrDefault(0UL), version, status, values);
    }

    private static Value ParseValue(byte[] message)
    {
        ILookup<int, object> fields = Fields(message);
        float? scalar = fields.Contains(2) ? BitConverter.UInt32BitsToSingle((uint)fields[2].Single()) : null;
        if (!fields.Contains(8))
        {
            return new Value(Utf8(fields[1].Single()), scalar, null, null);
        }

        ILookup<int, object> tensor = Fields((byte[])fields[8].Single()), metadata = Fields((byte[])fields[9].Single());
        Assert.Equal(7UL, tensor[1].Single()); // DT_STRING
        Assert.Empty((byte[])tensor[2].Single()); // no dimension
        Assert.Equal(2UL, metadata[4].Single()); // DATA_CLASS_TENSOR
        return new Value(Utf8(fields[1].Single()), scalar, Utf8(tensor[8].Single()), Utf8(Fields((byte[])metadata[1].Single())[1].Single()));
    }

    private static string Utf8(object bytes) => new UTF8Encoding(false, true).GetString((byte[])bytes);

    private static ILookup<int, object> Fields(byte[] message)
    {
        List<(int Field, object Value)> fields = [];
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = Varint(message, ref at);
            object value;
            switch (tag & 7)
            {
                case 0:
                    value = Varint(message, ref at);
                    break;
                case 1:
                    value = BitConverter.ToUInt64(message, at);
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    value = message[at..(at + length)];
                    at += length;
                    break;
                default:
                    Assert.Equal(5UL, tag & 7);
                    value = BitConverter.ToUInt32(message, at);
                    at += 4;
                    break;
            }

            fields.Add(((int)(tag >> 3), value));
        }

        return fields.ToLookup(field => field.Field, field => field.Value);
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
