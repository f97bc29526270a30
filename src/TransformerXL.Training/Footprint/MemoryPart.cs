namespace TransformerXL.Training.Footprint;

/// <summary>A part of the memory that a command needs.</summary>
/// <param name="Name">Its purpose.</param>
/// <param name="Bytes">About how much.</param>
/// <param name="GrowsWith">The members of a configuration that it grows with, such as <c>training.batchSize</c>.</param>
internal sealed record MemoryPart(string Name, double Bytes, IReadOnlyList<string> GrowsWith);
