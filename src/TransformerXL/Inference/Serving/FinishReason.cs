namespace TransformerXL.Inference.Serving;

/// <summary>Why a continuation ended.</summary>
public enum FinishReason
{
    /// <summary>A stop string, a stop token or the end of text.</summary>
    Stop,

    /// <summary><see cref="GenerationRequest.MaxTokens"/> were written.</summary>
    Length,

    /// <summary>The scheduler was stopped before the continuation was complete.</summary>
    Cancelled,

    /// <summary>The time of the request ran out.</summary>
    Deadline,
}
