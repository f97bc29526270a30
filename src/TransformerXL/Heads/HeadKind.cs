namespace TransformerXL.Heads;

/// <summary>The prediction of a head for a text.</summary>
public enum HeadKind
{
    /// <summary>One of some labels for a text.</summary>
    OneLabel,

    /// <summary>Any of some labels for a text.</summary>
    SeveralLabels,

    /// <summary>A number for a text.</summary>
    Number,

    /// <summary>One of some labels for each word.</summary>
    Tags,

    /// <summary>The span of a text that answers a question.</summary>
    Spans,
}
