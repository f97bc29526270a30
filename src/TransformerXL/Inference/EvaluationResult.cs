namespace TransformerXL.Inference;

/// <summary>What an evaluation found.</summary>
/// <param name="NllSum">The sum of the negative log-likelihoods of all predicted tokens in nats.</param>
/// <param name="Tokens">Tokens that were predicted: all but the first of each stream and what no whole row of streams holds.</param>
/// <param name="Characters">Characters (Unicode code points) that the predicted tokens cover.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record EvaluationResult(double NllSum, long Tokens, long Characters, TimeSpan Elapsed)
{
    /// <summary>Nats for each token.</summary>
    public double MeanNll => NllSum / Tokens;

    /// <summary>Bytes of the text of the predicted tokens; null if unknown: for words, or without a vocabulary.</summary>
    public long? Bytes { get; init; }

    /// <summary>Bits for each character: <see cref="NllSum"/> / ln 2 / <see cref="Characters"/>. What texts of characters are compared in.</summary>
    public double BitsPerCharacter => NllSum / Math.Log(2) / Characters;

    /// <summary>Bits for each byte: <see cref="NllSum"/> / ln 2 / <see cref="Bytes"/>; null where the bytes are not known. What models of bytes and of byte pairs are compared in.</summary>
    public double? BitsPerByte => NllSum / Math.Log(2) / Bytes;

    /// <summary>Bytes for each token, or null.</summary>
    public double? BytesPerToken => (double?)Bytes / Tokens;

    /// <summary>exp(<see cref="MeanNll"/>): the uncertainty equals a choice among this number of equally likely tokens.</summary>
    public double Perplexity => Math.Min(Math.Exp(MeanNll), double.MaxValue);

    /// <summary>Predicted tokens per second.</summary>
    public double TokensPerSecond => Tokens / Elapsed.TotalSeconds;
}
