using System.Text;
using TransformerXL.Compression.Networks;

namespace TransformerXL.Compression.Container;

/// <summary>The part of a header that describes a network: name of the arithmetic, sizes, rates, and the hash of a trained model.</summary>
internal static class NetworkHeader
{
    private const int HashBytes = 32;

    /// <summary>Appends the settings.</summary>
    public static void Append(List<byte> bytes, NetworkSettings network)
    {
        bytes.Add((byte)network.Arithmetic.Length);
        bytes.AddRange(Encoding.ASCII.GetBytes(network.Arithmetic));
        foreach (int value in Numbers(network))
        {
            AppendNumber(bytes, value);
        }

        bytes.Add(network.Fingerprint is null ? (byte)0 : (byte)1);
        bytes.AddRange(Convert.FromHexString(network.Fingerprint ?? ""));
    }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static async ValueTask<NetworkSettings> ReadAsync(CheckedReader reader, NetworkKind kind, CancellationToken cancellationToken)
    {
        int length = await reader.ReadByteAsync(cancellationToken).ConfigureAwait(false);
        Require.That(length <= Arithmetic.MaxLength, "its header is damaged");
        string arithmetic = Encoding.ASCII.GetString(await reader.ReadAsync(length, cancellationToken).ConfigureAwait(false));
        int[] numbers = new int[Numbers(NetworkSettings.TransformerXL).Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = (int)await reader.ReadNumberAsync(int.MaxValue, cancellationToken).ConfigureAwait(false);
        }

        byte begun = await reader.ReadByteAsync(cancellationToken).ConfigureAwait(false);
        Require.That(begun <= 1, "its header is damaged");
        byte[] hash = await reader.ReadAsync(begun * HashBytes, cancellationToken).ConfigureAwait(false);
        return new NetworkSettings
        {
            Kind = kind,
            Arithmetic = arithmetic,
            Layers = numbers[0],
            ModelSize = numbers[1],
            Heads = numbers[2],
            InnerSize = numbers[3],
            SegmentLength = numbers[4],
            MemoryLength = numbers[5],
            Replays = numbers[6],
            FirstRate = numbers[7],
            LastRate = numbers[8],
            DecaySteps = numbers[9],
            Fingerprint = begun == 0 ? null : Convert.ToHexStringLower(hash),
        };
    }

    private static int[] Numbers(NetworkSettings network) =>
    [
        network.Layers, network.ModelSize, network.Heads, network.InnerSize, network.SegmentLength, network.MemoryLength, network.Replays,
        network.FirstRate, network.LastRate, network.DecaySteps,
    ];

    private static void AppendNumber(List<byte> bytes, int value)
    {
        for (; value >= 128; value >>= 7)
        {
            bytes.Add((byte)(value | 128));
        }

        bytes.Add((byte)value);
    }
}
