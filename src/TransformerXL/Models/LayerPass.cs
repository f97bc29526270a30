using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>What all layers of one forward pass share.</summary>
/// <param name="R">Sinusoids of the distances M + L - 1 down to 0: (M + L, d).</param>
/// <param name="U">u: global content bias (H, d_h).</param>
/// <param name="V">v: global position bias (H, d_h).</param>
/// <param name="MemoryRows">M.</param>
/// <param name="MaxDistance">The farthest distance at which a key is seen.</param>
/// <param name="PreNorm">Whether LayerNorm stands before each block.</param>
/// <param name="Dropout">Dropout of hidden values.</param>
/// <param name="AttentionDropout">Dropout of attention weights.</param>
internal readonly record struct LayerPass(
    Variable R, Variable U, Variable V, int MemoryRows, int MaxDistance, bool PreNorm, float Dropout, float AttentionDropout);
