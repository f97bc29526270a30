using TransformerXL.Compression.Networks;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Compression;

/// <summary>How to decompress.</summary>
public sealed record DecompressionOptions
{
    /// <summary>The most memory in bytes that the header of a file may ask for.</summary>
    public long MaxMemory { get; init; } = 2L << 30;

    /// <summary>The trained model that the file was compressed with, if it names one.</summary>
    public ModelFolder? Model { get; init; }

    /// <summary>Threads that compute the network. They change no bit.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The instruction set that computes the network; the best of this processor if null. It changes no bit.</summary>
    public Isa? InstructionSet { get; init; }

    /// <summary>Whether damage ends the decompression without an exception, after the whole blocks before it.</summary>
    public bool Recover { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Between("maximum memory", MaxMemory, 1 << 20, 1L << 45);
        Require.Between("threads", Threads, 1, 1024);
        if (Model is not null)
        {
            TrainedModel.RequireBytes(Model);
        }
    }
}
