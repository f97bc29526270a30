using TransformerXL.Tensors.Kernels.Inference;

namespace TransformerXL.Inference;

/// <summary>What one layer of one session remembers, in a step of several sessions.</summary>
/// <param name="Memory">Keys and values.</param>
/// <param name="FirstKey">The row of the oldest key.</param>
/// <param name="MemoryRows">Rows before the new token.</param>
internal readonly record struct SessionSeat(KeyValueMemory Memory, int FirstKey, int MemoryRows);
