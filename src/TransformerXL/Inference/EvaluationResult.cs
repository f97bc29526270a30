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

    /// <summary>Bits for each character: <see cref="NllSum"/> / ln 2 / <see cref="Characters"/>.</summary>
    public double BitsPerCharacter => NllSum / Math.Log(2) / Characters;

    /// <summary>exp(<see cref="MeanNll"/>): as unsure as a choice among so many equal tokens.</summary>
    public double Perplexity => Math.Min(Math.Exp(MeanNll), double.MaxValue);

    /// <summary>Predicted tokens per second.</summary>
    public double TokensPerSecond => Tokens / Elapsed.TotalSeconds;
}
