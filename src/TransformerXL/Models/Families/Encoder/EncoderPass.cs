using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>What all layers of an encoder share in one forward pass.</summary>
/// <param name="R">Sinusoids of the distances M + L - 1 down to -(L - 1): (M + 2 L - 1, d); null where positions are not relative.</param>
/// <param name="Visibility">Which keys a token sees: all of its stream.</param>
/// <param name="Dropout">Dropout of this step.</param>
/// <param name="Segments">The texts of all keys; null where attention does not depend on them.</param>
/// <param name="Trace">Takes what the attention of a layer computes with; null to take nothing.</param>
internal readonly record struct EncoderPass(Variable? R, Visibility Visibility, DropoutRates Dropout, KeySegments? Segments = null, AttentionTrace? Trace = null);
