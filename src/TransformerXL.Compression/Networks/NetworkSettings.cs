using TransformerXL.Models;

namespace TransformerXL.Compression.Networks;

/// <summary>The network of a predictor, and how it learns. A part of the header of a compressed file.</summary>
internal sealed record NetworkSettings
{
    /// <summary>The arithmetic; another one would round differently, and decode other bytes.</summary>
    public required string Arithmetic { get; init; }

    /// <summary>SHA-256 of the weights of a trained model that the network begins with; null for random weights.</summary>
    public string? Fingerprint { get; init; }

    public int Layers { get; init; } = 2;

    public int ModelSize { get; init; } = 128;

    public int Heads { get; init; } = 4;

    public int InnerSize { get; init; } = 256;

    /// <summary>Bytes between two steps of learning.</summary>
    public int SegmentLength { get; init; } = 32;

    /// <summary>Bytes before a segment that are remembered.</summary>
    public int MemoryLength { get; init; } = 32;

    /// <summary>Earlier segments that are learned once more in each step.</summary>
    public int Replays { get; init; } = 3;

    /// <summary>Learning rate of the first steps and of those after <see cref="DecaySteps"/>, in millionths.</summary>
    public int FirstRate { get; init; } = 2000;

    public int LastRate { get; init; } = 1000;

    public int DecaySteps { get; init; } = 20_000;

    /// <summary>Bytes of memory for weights, gradients, moments, packed copies and the values of a step.</summary>
    public long MemoryBytes
    {
        get
        {
            long weights = 256L * ModelSize + (Layers * ((5L * ModelSize * ModelSize) + (2L * ModelSize * InnerSize) + (8L * ModelSize)));
            long rows = (long)(SegmentLength + MemoryLength) * (Replays + 1);
            return (weights * 24) + (rows * Layers * ((16L * ModelSize) + (4L * InnerSize)) * sizeof(float)) + (1L << ByteNetwork.HistoryBits) + (32L << 20);
        }
    }

    /// <summary>The architecture of a network that begins with random weights.</summary>
    public TransformerXLConfiguration Model => new()
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
        Require.Between("replays of the network", Replays, 0, 64);
        Require.Between("first rate of the network", FirstRate, 0, 1_000_000);
        Require.Between("last rate of the network", LastRate, 0, 1_000_000);
        Require.Between("decay steps of the network", DecaySteps, 1, 1 << 30);
        if (Fingerprint is null)
        {
            Model.Validate();
        }
    }
}
