using System.Numerics;
using TransformerXL.Compression.Mixing.Many;
using TransformerXL.Compression.Networks;

namespace TransformerXL.Compression.Container;

/// <summary>Everything that a decoder has to know to make the encoder's predictor again. It is a part of the header of a compressed file.</summary>
internal sealed record PredictorSettings
{
    public const int MinTableBits = 8, MaxTableBits = 26, MinHistoryBits = 12, MaxHistoryBits = 28, MinBlockBits = 10, MaxBlockBits = 26;

    /// <summary>Shorter inputs begin with the shorter primer: more words make them hardly smaller, and take some ten seconds to read.</summary>
    private const int MinWordsLength = 4096;

    /// <summary>The table of contexts has 2^bits buckets.</summary>
    public required int TableBits { get; init; }

    /// <summary>The last 2^bits bytes can be found by matches.</summary>
    public required int HistoryBits { get; init; }

    /// <summary>Blocks have at most 2^bits bytes.</summary>
    public required int BlockBits { get; init; }

    /// <summary>Which contexts are mixed.</summary>
    public required ContextSet Contexts { get; init; }

    /// <summary>What the predictor reads before the first byte; null with contexts that read nothing (<see cref="HasPrimer"/>).</summary>
    public Primer? Primer { get; init; }

    /// <summary>The network whose predictions are mixed with those of the contexts; null for none.</summary>
    public NetworkSettings? Network { get; init; }

    /// <summary>Bytes of memory of an encoder or a decoder.</summary>
    public long MemoryBytes => (Network?.MemoryBytes ?? 0) + (HasPrimer(Contexts) ? ManyPredictor.MemoryBytes(Contexts, TableBits) : 32L << TableBits) + (1L << HistoryBits) + (3L << BlockBits) + (32L << 20);

    /// <summary>Whether a predictor with these contexts reads a text before the first byte.</summary>
    public static bool HasPrimer(ContextSet contexts) => contexts is ContextSet.Many or ContextSet.Most;

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
        // The table and the history of many contexts hold the primer too.
        (ContextSet contexts, int minTableBits, int maxTableBits, int minHistoryBits) = options.Profile switch
        {
            CompressionProfile.Fast => (ContextSet.Few, MinTableBits, 21, MinHistoryBits),
            CompressionProfile.Best => (ContextSet.Most, 23, 24, 19),
            _ => (ContextSet.All, MinTableBits, 22, MinHistoryBits),
        };
        int bits = length is { } known ? BitOperations.Log2((ulong)Math.Max(known, 1)) + 1 : 63;
        return new PredictorSettings
        {
            TableBits = Math.Clamp(bits + 4, minTableBits, maxTableBits),
            HistoryBits = Math.Clamp(bits, minHistoryBits, 25),
            BlockBits = Math.Clamp(bits, MinBlockBits, 20),
            Contexts = contexts,
            Primer = !HasPrimer(contexts) ? null : length < MinWordsLength ? Primer.WordsAndTexts : Primer.MoreWordsAndTexts,
            Network = NetworkOf(options, length),
        };
    }

    private static NetworkSettings? NetworkOf(CompressionOptions options, long? length)
    {
        if (options.Model is null && (options.Profile != CompressionProfile.Best || length < options.MinNetworkBytes))
        {
            return null;
        }

        NetworkSettings settings = options.Model is null ? NetworkSettings.Lstm : NetworkSettings.TransformerXL.For(options.Model);
        return settings with { Replays = options.Passes };
    }
}
