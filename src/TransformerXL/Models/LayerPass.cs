using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>What all layers of one forward pass share.</summary>
/// <param name="R">Sinusoids of the distances M + L - 1 down to 0 (M + L, d); null where positions are not relative or learned.</param>
/// <param name="Cache">The cached keys and values, or null where hidden states are remembered.</param>
/// <param name="MemoryRows">Rows of remembered hidden states that stand before the segment in h~: M, or 0 with a cache.</param>
/// <param name="Keys">Rows of h~.</param>
/// <param name="Context">The lengths.</param>
/// <param name="PreNorm">Whether LayerNorm stands before each block.</param>
/// <param name="Dropout">Dropout of this step.</param>
internal readonly record struct LayerPass(
    Variable? R, IAttentionCache? Cache, int MemoryRows, int Keys, ContextConfiguration Context, bool PreNorm, DropoutRates Dropout);
