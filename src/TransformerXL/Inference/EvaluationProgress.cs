namespace TransformerXL.Inference;

/// <summary>How far an evaluation has come.</summary>
/// <param name="Segments">Segments done.</param>
/// <param name="TotalSegments">Segments of the text.</param>
/// <param name="Tokens">Tokens predicted so far.</param>
/// <param name="NllSum">The sum of their negative log-likelihoods in nats.</param>
/// <param name="Elapsed">Time since the beginning.</param>
public sealed record EvaluationProgress(int Segments, int TotalSegments, long Tokens, double NllSum, TimeSpan Elapsed)
{
    /// <summary>Bytes of the text of these tokens; null if unknown.</summary>
    public long? Bytes { get; init; }

    /// <summary>Bytes for each token so far, or null.</summary>
    public double? BytesPerToken => (double?)Bytes / Tokens;

    /// <summary>Nats for each token so far.</summary>
    public double MeanNll => NllSum / Tokens;

    /// <summary>Predicted tokens per second so far.</summary>
    public double TokensPerSecond => Tokens / Elapsed.TotalSeconds;
}
