using TransformerXL.Inference.Sampling;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>Log-probabilities of logits, and the most probable tokens. Its working memory serves one caller at a time.</summary>
internal sealed class LogitRanking(Vocabulary vocabulary)
{
    private readonly RankHeap _heap = new(vocabulary.Count);

    /// <summary>log sum exp(logits), in nats.</summary>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double highest = System.Numerics.Tensors.TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
        {
            sum += PortableMath.Exp(logit - highest);
        }

        return highest + PortableMath.Log(sum);
    }

    /// <summary>The same tokens, with the log-probability of one of them as its loss was computed, which is rounded to float32.</summary>
    public static IReadOnlyList<TokenProbability> WithLoss(IReadOnlyList<TokenProbability> top, int id, float nll) =>
        top.Any(token => token.Id == id) ? [.. top.Select(token => token.Id == id ? token with { LogProbability = -(double)nll } : token)] : top;

    /// <summary>The most probable tokens first, equal ones by the lower id; without those whose probability is 0.</summary>
    /// <param name="logits">(V).</param>
    /// <param name="max">The maximum number of tokens.</param>
    /// <param name="logSumExp">That of the logits.</param>
    public IReadOnlyList<TokenProbability> Top(ReadOnlySpan<float> logits, int max, double logSumExp)
    {
        if (max == 0)
        {
            return [];
        }

        _heap.Build(logits);
        int count = Math.Min(max, logits.Length);
        List<TokenProbability> top = new(count);
        for (int rank = 0; rank < count; rank++)
        {
            int id = _heap.At(logits, rank);
            if (float.IsNegativeInfinity(logits[id]))
            {
                break;
            }

            top.Add(new TokenProbability(id, vocabulary.Describe(id), logits[id] - logSumExp));
        }

        return top;
    }
}
