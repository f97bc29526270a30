namespace TransformerXL.Text.BytePairs;

/// <summary>Limits of a vocabulary of byte pairs. Together they keep <c>vocabulary.json</c> below <see cref="VocabularyJson.MaxFileBytes"/>.</summary>
internal static class BytePairLimits
{
    /// <summary>Ids, and merges.</summary>
    public const int Count = 1 << 20;

    /// <summary>Bytes of one token.</summary>
    public const int TokenBytes = 1024;

    /// <summary>Bytes of all tokens together.</summary>
    public const int AllTokenBytes = 1 << 24;

    /// <summary>Special tokens.</summary>
    public const int SpecialTokens = 4096;

    /// <summary>Maximum bytes of a pre-token; a longer one is split and the pattern restarts there.</summary>
    public const int PreTokenBytes = 1 << 20;

    /// <summary>The same limit when a vocabulary is learnt: no useful token is longer.</summary>
    public const int TrainedPreTokenBytes = 256;
}
