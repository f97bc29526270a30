namespace TransformerXL.Inference;

/// <summary>The part of the input that a <see cref="TokenInfluence"/> belongs to.</summary>
public enum InfluenceSource
{
    /// <summary>The text, or the text that a question is about.</summary>
    Text,

    /// <summary>The second text of a pair.</summary>
    Second,

    /// <summary>The question.</summary>
    Question,
}
