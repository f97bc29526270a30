using TransformerXL.Inference;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Server;

/// <summary>A model to serve.</summary>
/// <param name="Name">Its name in requests.</param>
/// <param name="Folder">The folder of a run or of a model, see <see cref="ModelFolder.Load"/>.</param>
public sealed record ModelSource(string Name, string Folder)
{
    /// <summary>Of a run <c>best</c>, <c>last</c>, <c>average</c> or <c>step-N</c>; if null the best, or the last where no validation has chosen any.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Tokens that a session remembers; null for the length of training.</summary>
    public int? MemoryLength { get; init; }

    /// <summary>The maximum relative distance in tokens, 0 for no limit; null for the longest of training.</summary>
    public int? ClampLength { get; init; }

    /// <summary>Makes how sessions learn from what they read, those that ask for it, with the backend that serves the model; null if none may.</summary>
    public Func<ModelFolder, CpuBackend, SessionLearning>? Learning { get; init; }

    /// <summary>Of products with weights.</summary>
    public Precision Precision { get; init; }
}
