namespace TransformerXL.Inference;

/// <summary>How the hidden states of a text's tokens become one vector.</summary>
public enum EmbeddingPooling
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>That of the last token, which has seen what the memory holds of the others.</summary>
    Last,

    /// <summary>That of the first token, such as <c>[CLS]</c>, which has read the whole text. For models that read in both directions.</summary>
    First,
}
