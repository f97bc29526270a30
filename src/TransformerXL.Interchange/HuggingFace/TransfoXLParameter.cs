namespace TransformerXL.Interchange.HuggingFace;

/// <summary>One parameter of a TransfoXL model under both names.</summary>
/// <param name="Reference">The name in the reference implementation, and in this library's own files.</param>
/// <param name="HuggingFace">The name in Hugging Face's state dictionary.</param>
/// <param name="Shape">Sizes of the axes, the same in both formats.</param>
/// <param name="ReversedRows">
/// Whether the order of the rows differs: the reference takes the columns of the clusters from the last to the first
/// (cluster 1 uses the last), Hugging Face in order, so that row i of one is row (rows - 1 - i) of the other.
/// </param>
/// <param name="TiedTo">
/// The parameter (its <paramref name="Reference"/> name) that this one is tied to; the entry may then be missing in the
/// file. Null for a parameter that is not tied.
/// </param>
internal sealed record TransfoXLParameter(string Reference, string HuggingFace, IReadOnlyList<long> Shape, bool ReversedRows, string? TiedTo);
