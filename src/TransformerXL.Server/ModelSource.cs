using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
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

    /// <summary>Creates what trains the sessions, from the loaded model and its backend; null if sessions cannot learn.</summary>
    public Func<ModelFolder, CpuBackend, SessionLearning>? Learning { get; init; }

    /// <summary>Of products with weights.</summary>
    public Precision Precision { get; init; }

    /// <summary>The sizes of its sessions.</summary>
    /// <param name="training">The lengths of training.</param>
    internal InferenceOptions SessionOf(ContextConfiguration training)
    {
        InferenceOptions trained = SchedulerOptions.ForTrained(training).Session;
        return trained with { MemoryLength = MemoryLength ?? trained.MemoryLength, ClampLength = ClampLength ?? trained.ClampLength, Precision = Precision };
    }
}
