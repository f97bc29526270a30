namespace TransformerXL.Text.BytePairs;

/// <summary>The progress of learning merges.</summary>
/// <param name="Tokens">Ids so far: bytes, merges and special tokens.</param>
/// <param name="Wanted">The requested number of ids; the text may have pairs for fewer.</param>
public readonly record struct BytePairTrainingProgress(int Tokens, int Wanted);
