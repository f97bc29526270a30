using TransformerXL.Models;

namespace TransformerXL.Inference;

/// <summary>Checks losses where they arise, so that no sum, page or line of JSON holds NaN.</summary>
internal static class FiniteLosses
{
    /// <summary>The largest loss in nats whose perplexity a double holds.</summary>
    private const double MaxNats = 709;

    /// <summary>Throws if a mean loss is so large that its perplexity is no number.</summary>
    /// <param name="nats">The mean loss in nats per token.</param>
    /// <param name="what">Of what it is.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="NotFiniteException">exp(nats) is not finite.</exception>
    public static void CheckMean(double nats, string what, LanguageModel model)
    {
        if (!(Math.Abs(nats) <= MaxNats))
        {
            throw new NotFiniteException(FormattableString.Invariant($"the mean loss of {what} is {nats:G4} nats per token, and its perplexity beyond every number: {WeightHealth.Describe(model)}"));
        }
    }

    /// <summary>Throws at the first loss that is not finite.</summary>
    /// <param name="nll">Losses in nats: (rows, B).</param>
    /// <param name="streams">B.</param>
    /// <param name="before">Tokens of each stream that were read before the first loss.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="NotFiniteException">A loss is not finite.</exception>
    public static void Check(ReadOnlySpan<float> nll, int streams, long before, LanguageModel model)
    {
        for (int i = 0; i < nll.Length; i++)
        {
            if (!float.IsFinite(nll[i]))
            {
                string stream = streams == 1 ? "" : $" of stream {(i % streams) + 1}";
                throw new NotFiniteException(
                    FormattableString.Invariant($"the loss of the token that follows the first {before + (i / streams)} tokens{stream} is {nll[i]}: {WeightHealth.Describe(model)}"));
            }
        }
    }
}
