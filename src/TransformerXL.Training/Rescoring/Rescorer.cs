using TransformerXL.Inference;

namespace TransformerXL.Training.Rescoring;

/// <summary>Scores hypotheses with a language model.</summary>
/// <param name="scorer">The language model.</param>
/// <param name="options">How texts are scored; see <see cref="ScoringOptions.ForTrained"/>.</param>
public sealed class Rescorer(Scorer scorer, ScoringOptions options)
{
    /// <summary>
    /// A text that is scored after each hypothesis, so that a hypothesis that breaks off pays for its end, and an empty one has a score:
    /// a line break, unless another end is given.
    /// </summary>
    public string End { get; init; } = "\n";

    /// <summary>Scores the hypotheses of a list, each by itself after the start token.</summary>
    /// <exception cref="InputException">A text cannot be encoded, or has no token.</exception>
    /// <exception cref="NotFiniteException">A loss is not finite.</exception>
    public async Task<RescoredList> ScoreAsync(HypothesisList list, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(list);
        double[] scores = new double[list.Hypotheses.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            (double nll, long tokens) = (0, 0);
            await foreach (TokenScore token in scorer.ScoreAsync(list.Hypotheses[i].Text + End, options, cancellationToken).ConfigureAwait(false))
            {
                (nll, tokens) = (nll + token.Nll, tokens + 1);
            }

            list.Place.Require(tokens > 0, "a hypothesis is empty, and no end is scored after it; leave it out, or give an end");
            scores[i] = double.IsFinite(nll) ? -nll : throw new NotFiniteException($"{list.Place}: the loss of a hypothesis is not finite; the checkpoint is damaged, or its training diverged");
        }

        return new RescoredList(list, scores);
    }
}
