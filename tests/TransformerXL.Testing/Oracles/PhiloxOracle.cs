namespace TransformerXL.Testing.Oracles;

/// <summary>Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), one counter at a time, as the paper writes it.</summary>
public static class PhiloxOracle
{
    /// <summary>The four words that belong to a key (two words) and a counter (four words).</summary>
    public static uint[] Block(uint[] key, uint[] counter)
    {
        uint[] c = [.. counter];
        uint[] k = [.. key];
        for (int round = 0; round < 10; round++)
        {
            ulong left = (ulong)c[0] * 0xD2511F53, right = (ulong)c[2] * 0xCD9E8D57;
            c = [High(right) ^ c[1] ^ k[0], Low(right), High(left) ^ c[3] ^ k[1], Low(left)];
            k = [unchecked(k[0] + 0x9E3779B9), unchecked(k[1] + 0xBB67AE85)];
        }

        return c;
    }

    private static uint High(ulong x) => (uint)(x >> 32);

    private static uint Low(ulong x) => (uint)x;
}
