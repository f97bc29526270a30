namespace TransformerXL.Tensors.Inference;

/// <summary>The keys and values that the last token of a text attends to.</summary>
/// <param name="Memory">Of one stream.</param>
/// <param name="First">The row of the memory that is the oldest key.</param>
/// <param name="Count">The number of keys; the last one belongs to the token.</param>
public readonly record struct CachedKeys(KeyValueMemory Memory, int First, int Count);
