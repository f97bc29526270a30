using TransformerXL.Inference.Sampling;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>Finds the most probable next tokens after each token that a session has just read.</summary>
internal sealed class TopTokens(InferenceSession session, Vocabulary vocabulary, int most)
{
    private readonly RankHeap? _heap = most > 0 ? new RankHeap(vocabulary.Count) : null;

    /// <summary>The most probable tokens after a row of the last chunk, the most probable first, equal ones by the lower id; without those whose probability is 0.</summary>
    public IReadOnlyList<TokenProbability> After(int row)
    {
        if (_heap is null)
        {
            return [];
        }

        ReadOnlySpan<float> logits = session.LogitsAfter(row).Span;
        _heap.Build(logits);
        double total = LogSumExp(logits, logits[_heap.At(logits, 0)]);
        List<TokenProbability> top = new(Math.Min(most, logits.Length));
        for (int rank = 0; rank < Math.Min(most, logits.Length); rank++)
        {
            int id = _heap.At(logits, rank);
            if (float.IsNegativeInfinity(logits[id]))
            {
                break;
            }

            top.Add(new TokenProbability(id, vocabulary.Describe(id), logits[id] - total));
        }

        return top;
    }

    private static double LogSumExp(ReadOnlySpan<float> logits, double highest)
    {
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - highest);
        }

        return highest + Math.Log(sum);
    }
}
