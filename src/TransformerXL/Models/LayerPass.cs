using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors;

namespace TransformerXL.Models;

/// <summary>What all layers of one forward pass share.</summary>
/// <param name="R">Sinusoids of the distances M + L - 1 down to 0 (M + L, d); null where positions are not relative or learned.</param>
/// <param name="Cache">The cached keys and values, or null where hidden states are remembered.</param>
/// <param name="MemoryRows">Rows of remembered hidden states before the segment in h~: M, or 0 with a cache.</param>
/// <param name="Keys">Rows of h~.</param>
/// <param name="Context">The lengths.</param>
/// <param name="PreNorm">Whether LayerNorm comes before each block.</param>
/// <param name="Dropout">Dropout of this step.</param>
/// <param name="Lengths">The tokens of each stream; empty where all are full.</param>
/// <param name="LearnsMemory">Whether the gradient flows through the remembered states to the segments before.</param>
internal readonly record struct LayerPass(
    Variable? R, IAttentionCache? Cache, int MemoryRows, int Keys, ContextConfiguration Context, bool PreNorm, DropoutRates Dropout,
    ReadOnlyMemory<int> Lengths = default, bool LearnsMemory = false)
{
    /// <summary>Which keys a token sees: those of its stream up to its own.</summary>
    public Visibility Visibility => Lengths.IsEmpty ? Visibility.Causal(Context.MaxDistance) : Visibility.Causal(Context.MaxDistance).WithLengths(Lengths);

    /// <summary>Whether rows of the memory need a gradient: parameters lie between them and what attention reads.</summary>
    public bool MemoryGradient => PreNorm || LearnsMemory;
}
