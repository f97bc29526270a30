namespace TransformerXL.Heads;

/// <summary>How the hidden states of a text's tokens become one vector.</summary>
public enum HeadPooling
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>That of the last token, which has seen what the memory holds of the others.</summary>
    Last,

    /// <summary>The largest value of each element.</summary>
    Max,

    /// <summary>A weighted mean of projected states, with weights from attention of a learned query.</summary>
    Attention,

    /// <summary>tanh(W h + b), or max(0, W h + b), of the first token's state, which has read the whole text in an encoder (Devlin et al. 2019, section 3).</summary>
    First,
}
