using TransformerXL.Models;

namespace TransformerXL.Compression.Networks;

/// <summary>The network of a predictor, and how it learns. A part of the header of a compressed file.</summary>
internal sealed record NetworkSettings
{
    /// <summary>The maximum of <see cref="Replays"/>.</summary>
    public const int MaxReplays = 64;

    /// <summary>What a trained model begins with, apart from its own sizes and rates.</summary>
    public static NetworkSettings TransformerXL { get; } = new()
    {
        Arithmetic = Networks.Arithmetic.Name,
        Layers = 2,
        ModelSize = 128,
        InnerSize = 256,
        FirstRate = 2000,
        LastRate = 1000,
    };

    /// <summary>The network of the profile for size.</summary>
    public static NetworkSettings Lstm { get; } = new()
    {
        Kind = NetworkKind.Lstm,
        Arithmetic = Networks.Arithmetic.Name,
        Layers = 1,
        ModelSize = 256,
        Heads = 1,
        InnerSize = 1,
        FirstRate = 4000,
        LastRate = 2000,
    };

    /// <summary>The architecture of a network that begins with random weights.</summary>
    public NetworkKind Kind { get; init; }

    /// <summary>The arithmetic; another one would round differently, and decode other bytes.</summary>
    public required string Arithmetic { get; init; }

    /// <summary>SHA-256 of the weights of a trained model that the network begins with; null for random weights.</summary>
    public string? Fingerprint { get; init; }

    public required int Layers { get; init; }

    public required int ModelSize { get; init; }

    /// <summary>Heads of attention; 1 for an LSTM.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Inner size of the feed-forward blocks; 1 for an LSTM.</summary>
    public required int InnerSize { get; init; }

    /// <summary>Bytes between two steps of learning.</summary>
    public int SegmentLength { get; init; } = 32;

    /// <summary>Bytes before a segment that attention remembers.</summary>
    public int MemoryLength { get; init; } = 32;

    /// <summary>Earlier segments that are learned once more in each step.</summary>
    public int Replays { get; init; }

    /// <summary>Learning rate of the first steps and of those after <see cref="DecaySteps"/>, in millionths.</summary>
    public required int FirstRate { get; init; }

    public required int LastRate { get; init; }

    public int DecaySteps { get; init; } = 20_000;

    /// <summary>Bytes of memory for weights, gradients, moments, packed copies and the values of a step.</summary>
    public long MemoryBytes
    {
        get
        {
            // The matrices of an LSTM's four gates read input and state: 8 d x d.
            long layer = Kind == NetworkKind.Lstm ? 8L * ModelSize * ModelSize : (5L * ModelSize * ModelSize) + (2L * ModelSize * InnerSize);
            long weights = (256L * ModelSize) + (Layers * (layer + (8L * ModelSize)));
            long rows = (long)(SegmentLength + MemoryLength) * (Replays + 1);
            return (weights * 24) + (rows * Layers * ((16L * ModelSize) + (4L * InnerSize)) * sizeof(float)) + (1L << ByteNetwork.HistoryBits) + (32L << 20);
        }
    }

    /// <summary>The configuration of a network that begins with random weights.</summary>
    public ModelConfiguration Model => Kind == NetworkKind.Lstm
        ? new LstmConfiguration { VocabularySize = 256, Layers = Layers, ModelSize = ModelSize, Dropout = 0 }
        : new TransformerXLConfiguration
        {
            VocabularySize = 256,
            Layers = Layers,
            ModelSize = ModelSize,
            Heads = Heads,
            InnerSize = InnerSize,
            Dropout = 0,
            UntieBiases = true,
        };

    /// <summary>Settings for a trained model.</summary>
    public NetworkSettings For(ModelFolder trained)
    {
        ModelConfiguration model = trained.Model.Configuration;
        AttentionConfiguration? attention = model as AttentionConfiguration;
        return this with
        {
            Fingerprint = TrainedModel.Fingerprint(trained),
            Layers = model.Layers,
            ModelSize = model.ModelSize,
            Heads = attention?.Heads ?? 1,
            InnerSize = attention?.Resolve().InnerSize ?? 4 * model.ModelSize,
            MemoryLength = Math.Clamp(trained.Configuration.Context.MemoryLength, 1, 1024),
            FirstRate = 300,
            LastRate = 200,
        };
    }

    /// <summary>Checks what a header says.</summary>
    /// <exception cref="InputException">A value is outside what is allowed.</exception>
    public void Validate()
    {
        Require.Between("layers of the network", Layers, 1, 64);
        Require.Between("size of the network", ModelSize, 2, 4096);
        Require.Between("heads of the network", Heads, 1, 256);
        Require.Between("inner size of the network", InnerSize, 1, 1 << 14);
        Require.Between("segment length of the network", SegmentLength, 1, 1024);
        Require.Between("memory length of the network", MemoryLength, 1, 1024);
        Require.Between("replays of the network", Replays, 0, MaxReplays);
        Require.Between("first rate of the network", FirstRate, 0, 1_000_000);
        Require.Between("last rate of the network", LastRate, 0, 1_000_000);
        Require.Between("decay steps of the network", DecaySteps, 1, 1 << 30);
        if (Fingerprint is null)
        {
            Model.Validate();
        }
    }
}
