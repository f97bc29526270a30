namespace TransformerXL.Inference.Serving;

/// <summary>How many conversations are kept in this process.</summary>
/// <param name="Active">Those that an operation uses now.</param>
/// <param name="Idle">Those in memory that nobody uses.</param>
/// <param name="MemoryBytes">Bytes of the states in memory.</param>
/// <param name="Saved">Writes to the store so far.</param>
/// <param name="Loaded">Reads from the store so far.</param>
/// <param name="Evicted">Conversations that left memory to make room so far.</param>
public sealed record ConversationStatistics(int Active, int Idle, long MemoryBytes, long Saved, long Loaded, long Evicted);
