namespace TransformerXL.Tests.Data;

/// <summary>Damages bytes in the ways in which files are damaged: changed, cut, lengthened, repeated.</summary>
internal static class Mutation
{
    public static byte[] Of(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        int at = random.Next(bytes.Length);
        switch (random.Next(4))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                return bytes[..at];
            case 2:
                random.NextBytes(bytes.AsSpan(at, Math.Min(8, bytes.Length - at)));
                return bytes;
            default:
                return [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]];
        }
    }
}
