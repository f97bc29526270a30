namespace TransformerXL.Training.Masking;

/// <summary>What is masked together.</summary>
public enum MaskUnit
{
    /// <summary>Single tokens (Devlin et al. 2019).</summary>
    Tokens,

    /// <summary>All tokens of a word.</summary>
    Words,

    /// <summary>Spans of tokens, whose lengths are geometric with a mean of 3.8 tokens (Joshi et al. 2020, "SpanBERT").</summary>
    Spans,
}
