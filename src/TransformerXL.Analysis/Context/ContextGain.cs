namespace TransformerXL.Analysis.Context;

/// <summary>The gain of a longer context c' over a shorter one c (Dai et al. 2019, appendix C).</summary>
/// <param name="From">c in tokens.</param>
/// <param name="To">c' in tokens.</param>
/// <param name="ShortLoss">f(c, c) in nats.</param>
/// <param name="LongLoss">f(c, c') in nats.</param>
public sealed record ContextGain(int From, int To, double ShortLoss, double LongLoss)
{
    /// <summary>exp f(c, c) - exp f(c, c'): the gain in perplexity.</summary>
    public double Perplexity => Math.Exp(ShortLoss) - Math.Exp(LongLoss);

    /// <summary>g(c, c') = (exp f(c, c) - exp f(c, c')) / exp f(c, c).</summary>
    public double Relative => 1 - Math.Exp(LongLoss - ShortLoss);
}
