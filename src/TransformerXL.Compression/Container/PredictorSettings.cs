using System.Numerics;
using TransformerXL.Compression.Networks;

namespace TransformerXL.Compression.Container;

/// <summary>Everything that a decoder has to know to make the encoder's predictor again. It is a part of the header of a compressed file.</summary>
internal sealed record PredictorSettings
{
    public const int MinTableBits = 8, MaxTableBits = 26, MinHistoryBits = 12, MaxHistoryBits = 28, MinBlockBits = 10, MaxBlockBits = 26;

    /// <summary>The table of contexts has 2^bits buckets of 32 bytes.</summary>
    public required int TableBits { get; init; }

    /// <summary>The last 2^bits bytes can be found by matches.</summary>
    public required int HistoryBits { get; init; }

    /// <summary>Blocks have at most 2^bits bytes.</summary>
    public required int BlockBits { get; init; }

    /// <summary>Which contexts are mixed.</summary>
    public required ContextSet Contexts { get; init; }

    /// <summary>The network whose predictions are mixed with those of the contexts; null for none.</summary>
    public NetworkSettings? Network { get; init; }

    /// <summary>Bytes of memory of an encoder or a decoder.</summary>
    public long MemoryBytes => (Network?.MemoryBytes ?? 0) + (32L << TableBits) + (1L << HistoryBits) + (3L << BlockBits) + (32L << 20);

    /// <summary>Checks what a header says.</summary>
    /// <exception cref="InputException">A value is outside what is allowed.</exception>
    public void Validate()
    {
        Require.Known("context set", Contexts);
        Require.Between("table bits", TableBits, MinTableBits, MaxTableBits);
        Require.Between("history bits", HistoryBits, MinHistoryBits, MaxHistoryBits);
        Require.Between("block bits", BlockBits, MinBlockBits, MaxBlockBits);
        Network?.Validate();
    }

    /// <summary>Settings for an input, whose length may be unknown: a short one needs small tables.</summary>
    public static PredictorSettings For(CompressionOptions options, long? length)
    {
        (int tableBits, ContextSet contexts) = options.Profile switch
        {
            CompressionProfile.Fast => (21, ContextSet.Few),
            CompressionProfile.Best => (24, ContextSet.All),
            _ => (22, ContextSet.All),
        };
        int bits = length is { } known ? BitOperations.Log2((ulong)Math.Max(known, 1)) + 1 : 63;
        return new PredictorSettings
        {
            TableBits = Math.Clamp(bits + 4, MinTableBits, tableBits),
            HistoryBits = Math.Clamp(bits, MinHistoryBits, 25),
            BlockBits = Math.Clamp(bits, MinBlockBits, 20),
            Contexts = contexts,
            Network = NetworkOf(options),
        };
    }
    private static NetworkSettings? NetworkOf(CompressionOptions options)
    {
        if (options.Model is null && options.Profile != CompressionProfile.Best)
        {
            return null;
        }

        NetworkSettings settings = new() { Arithmetic = Arithmetic.Name };
        return options.Model is null ? settings : settings.For(options.Model);
    }
}
