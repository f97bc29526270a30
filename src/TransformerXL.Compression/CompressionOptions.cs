using TransformerXL.Compression.Networks;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Compression;

/// <summary>How to compress.</summary>
public sealed record CompressionOptions
{
    /// <summary>How much time it may take.</summary>
    public CompressionProfile Profile { get; init; } = CompressionProfile.Standard;

    /// <summary>
    /// A trained model of bytes that the network begins with, in any profile. It is needed again for decompression: the compressed file holds the hash of its weights, not
    /// the weights. It is not changed.
    /// </summary>
    public ModelFolder? Model { get; init; }

    /// <summary>
    /// How often the network of <see cref="CompressionProfile.Best"/> or of <see cref="Model"/> reads what was read once more, 0 to 64. Compression and decompression take
    /// longer with each.
    /// </summary>
    public int Passes { get; init; } = 3;

    /// <summary>Threads that compute the network. They change no bit.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The instruction set that computes the network; the best of this processor if null. It changes no bit.</summary>
    public Isa? InstructionSet { get; init; }

    /// <summary>Shorter inputs have no network of random weights: it learns too little from them, and makes them larger.</summary>
    internal int MinNetworkBytes { get; init; } = 1 << 16;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Known("profile", Profile);
        Require.Between("threads", Threads, 1, 1024);
        Require.Between("passes", Passes, 0, NetworkSettings.MaxReplays);
        if (Model is not null)
        {
            TrainedModel.RequireBytes(Model);
            NetworkSettings.TransformerXL.For(Model).Validate();
        }
    }
}
