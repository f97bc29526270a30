using TransformerXL.Tensors;


namespace TransformerXL.Models;

/// <summary>The sizes of a <see cref="KeyValueCache"/>.</summary>
/// <param name="Streams">B.</param>
/// <param name="MemoryLength">M: tokens that are remembered.</param>
/// <param name="MaxTokens">The most tokens of each stream that one forward pass takes.</param>
/// <param name="SharedQueries">Queries that see the same M tokens before the first of them.</param>
/// <param name="MaxDistance">The farthest distance at which a key is seen.</param>
/// <param name="ClampLength">Distances beyond this look like this one; 0 for no limit.</param>
/// <param name="Precision">Of keys, values and relative rows: float32, or bfloat16 for both lower precisions.</param>
internal sealed record CacheSizes(int Streams, int MemoryLength, int MaxTokens, int SharedQueries, int MaxDistance, int ClampLength, Precision Precision)
{
    /// <summary>Rows of keys and values in a layer: beyond what is in use there is room to go on before the old rows are dropped.</summary>
    public int Capacity => MemoryLength + MaxTokens + Math.Max(MemoryLength / 4, 32);
}
