namespace TransformerXL.Inference.Serving;

/// <summary>How a job ended.</summary>
internal enum JobEnd
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>By itself.</summary>
    Complete,

    /// <summary>Its client left.</summary>
    Cancelled,

    /// <summary>Its time ran out.</summary>
    Deadline,

    /// <summary>The scheduler was stopped.</summary>
    Stopped,

    /// <summary>By an exception.</summary>
    Failed,
}
