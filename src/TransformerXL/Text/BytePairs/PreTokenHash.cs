using System.Buffers.Binary;
using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs;

/// <summary>A fast hash of a pre-token. The seed is random, so that a text cannot be crafted whose words all collide; no result depends on it.</summary>
internal readonly struct PreTokenHash()
{
    private const ulong Odd = 0x9E3779B97F4A7C15;

    private readonly ulong _seed = RandomBits.Next();

    public uint Of(ReadOnlySpan<byte> bytes)
    {
        ulong state = _seed ^ (ulong)bytes.Length;
        while (bytes.Length >= sizeof(ulong))
        {
            state = Mix(state ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        ulong rest = 0;
        foreach (byte value in bytes)
        {
            rest = (rest << 8) | value;
        }
        return (uint)(Mix(state ^ rest) >> 32);
    }

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, Odd, out ulong low);
        return high ^ low;
    }
}
