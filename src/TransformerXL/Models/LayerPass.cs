using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>What all layers of one forward pass share.</summary>
/// <param name="R">Sinusoids of the distances M + L - 1 down to 0 (M + L, d); null where positions are not relative or learned.</param>
/// <param name="MemoryRows">M.</param>
/// <param name="Keys">M + L.</param>
/// <param name="Context">The lengths.</param>
/// <param name="PreNorm">Whether LayerNorm stands before each block.</param>
/// <param name="Dropout">Dropout of this step.</param>
internal readonly record struct LayerPass(
    Variable? R, int MemoryRows, int Keys, ContextConfiguration Context, bool PreNorm, DropoutRates Dropout);
