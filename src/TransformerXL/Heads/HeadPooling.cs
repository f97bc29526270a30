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
}
