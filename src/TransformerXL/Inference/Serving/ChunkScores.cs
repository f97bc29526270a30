using TransformerXL.Tensors.Inference;

namespace TransformerXL.Inference.Serving;

/// <summary>How well the tokens that follow those of the last segment of a session were predicted.</summary>
internal static class ChunkScores
{
    /// <summary>Takes the score of a token.</summary>
    public delegate void Take(int id, float nll, IReadOnlyList<TokenProbability> top);

    /// <summary>Scores the tokens after the last rows that the session has computed.</summary>
    /// <param name="context">Working memory.</param>
    /// <param name="session">Has just read the tokens before the targets, and has the hidden states of as many.</param>
    /// <param name="targets">The tokens.</param>
    /// <param name="topCount">How many of the most probable tokens are given.</param>
    /// <param name="take">Takes each score, in order.</param>
    public static void After(WorkContext context, InferenceSession session, ReadOnlySpan<int> targets, int topCount, Take take)
    {
        session.NegativeLogLikelihood(targets, context.Losses.AsSpan(0, targets.Length));
        Give(context, session, session.Results - targets.Length, targets, topCount, take);
    }

    /// <summary>The same where the session has also read the last target, so that its last row is not wanted.</summary>
    public static void AfterFirst(WorkContext context, InferenceSession session, ReadOnlySpan<int> targets, int topCount, Take take)
    {
        session.NegativeLogLikelihoodFromFirst(targets, context.Losses.AsSpan(0, targets.Length));
        Give(context, session, 0, targets, topCount, take);
    }

    private static void Give(WorkContext context, InferenceSession session, int begin, ReadOnlySpan<int> targets, int topCount, Take take)
    {
        Span<float> nll = context.Losses.AsSpan(0, targets.Length);
        // As many rows as a product of few rows takes, whose bits do not depend on their number.
        int together = topCount > 0 ? InferenceOperations.FewRows : targets.Length, vocabulary = context.Vocabulary.Count;
        for (int first = 0; first < targets.Length; first += together)
        {
            int count = Math.Min(together, targets.Length - first);
            ReadOnlySpan<float> logits = topCount > 0 ? session.LogitsAfter(begin + first, count).Span : [];
            for (int row = 0; row < count; row++)
            {
                IReadOnlyList<TokenProbability> top = [];
                if (topCount > 0)
                {
                    ReadOnlySpan<float> own = logits.Slice(row * vocabulary, vocabulary);
                    top = LogitRanking.WithLoss(context.Ranking.Top(own, topCount, LogitRanking.LogSumExp(own)), targets[first + row], nll[first + row]);
                }

                take(targets[first + row], nll[first + row], top);
            }
        }
    }
}
