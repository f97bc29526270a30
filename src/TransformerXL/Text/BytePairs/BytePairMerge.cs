namespace TransformerXL.Text.BytePairs;

/// <summary>Two neighbouring tokens that become one. Its index in the list of merges is its rank: lower ranks are merged first.</summary>
/// <param name="Left">Id of the first part.</param>
/// <param name="Right">Id of the second part.</param>
/// <param name="Result">Id of the token whose bytes are those of both parts.</param>
public readonly record struct BytePairMerge(int Left, int Right, int Result);
