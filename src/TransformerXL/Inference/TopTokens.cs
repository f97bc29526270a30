using TransformerXL.Inference.Serving;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>Finds the most probable next tokens after each token that a session has just read.</summary>
internal sealed class TopTokens(InferenceSession session, Vocabulary vocabulary, int max)
{
    private readonly LogitRanking? _ranking = max > 0 ? new LogitRanking(vocabulary) : null;

    /// <summary>The most probable tokens after a row of the last chunk, the most probable first, equal ones by the lower id; without those whose probability is 0.</summary>
    public IReadOnlyList<TokenProbability> After(int row)
    {
        if (_ranking is null)
        {
            return [];
        }

        ReadOnlySpan<float> logits = session.LogitsAfter(row).Span;
        return _ranking.Top(logits, max, LogitRanking.LogSumExp(logits));
    }
}
