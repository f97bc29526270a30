using TransformerXL.Text.BytePairs.Splitting;

namespace TransformerXL.Text.BytePairs;

/// <summary>How text is prepared for the merges; the defaults are those of GPT-2.</summary>
internal sealed record BytePairRules
{
    /// <summary>See <see cref="BytePairVocabulary.AddsPrefixSpace"/>.</summary>
    public bool AddsPrefixSpace { get; init; }

    /// <summary>Whether text is normalized to Unicode's form C first.</summary>
    public bool Normalizes { get; init; }

    /// <summary>Whether a pre-token that equals a token is encoded as that token, regardless of merges.</summary>
    public bool IgnoresMerges { get; init; }

    /// <summary>The patterns that split the text one after the other; empty for GPT-2's.</summary>
    public IReadOnlyList<SplitPattern> Splits { get; init; } = [];

    /// <summary>Whether the files of GPT-2 (<c>vocab.json</c>, <c>merges.txt</c>) can represent the rules.</summary>
    public bool IsGpt2 => !Normalizes && !IgnoresMerges && Splits.Count == 0;

    public IPreTokenScanner CreateScanner() => Splits.Count == 0 ? new PreTokenScanner() : new SplitChain(Splits);
}
