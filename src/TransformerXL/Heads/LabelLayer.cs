namespace TransformerXL.Heads;

/// <summary>How the labels of a text's words depend on each other.</summary>
public enum LabelLayer
{
    /// <summary>A softmax for each word: not at all.</summary>
    Softmax,

    /// <summary>
    /// A conditional random field (Lafferty et al. 2001; Lample et al. 2016): each label has a score after each other one, and the label sequence as a whole is
    /// predicted. Where labels mark spans, only sequences that follow the rules of their scheme are.
    /// </summary>
    Crf,
}
