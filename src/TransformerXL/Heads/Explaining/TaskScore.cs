namespace TransformerXL.Heads.Explaining;

/// <summary>How sure a model is of a prediction: a number S computed from its logits, and the derivatives of S.</summary>
internal abstract class TaskScore
{
    /// <summary>The tokens that the prediction is read at, which cannot be left out; empty for one about a whole text.</summary>
    public virtual ReadOnlySpan<int> Places => [];

    /// <summary>S, and dS/dz where there is room for it.</summary>
    /// <param name="logits">z: C numbers of the text, or (T, C).</param>
    /// <param name="rowOf">The row of the logits of a token of the whole document; negative for a token that is left out.</param>
    /// <param name="derivatives">Zeros of the size of the logits, or empty.</param>
    public abstract double Measure(ReadOnlySpan<float> logits, Func<int, int> rowOf, Span<float> derivatives);

    /// <summary>log(p / (1 - p)) of one of some logits: z_c - log sum over the others of exp(z_j). The logit itself if there is no other.</summary>
    /// <param name="logits">All logits.</param>
    /// <param name="first">The first that counts.</param>
    /// <param name="stride">From one that counts to the next.</param>
    /// <param name="chosen">c: counted among those that count.</param>
    /// <param name="allowed">Those that count.</param>
    /// <param name="derivatives">Takes the derivatives, if not empty.</param>
    protected static double LogOdds(ReadOnlySpan<float> logits, int first, int stride, int chosen, ReadOnlySpan<int> allowed, Span<float> derivatives)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (int i in allowed)
        {
            max = i == chosen ? max : Math.Max(max, logits[first + (i * stride)]);
        }

        foreach (int i in allowed)
        {
            sum += i == chosen ? 0 : Math.Exp(logits[first + (i * stride)] - max);
        }

        double own = logits[first + (chosen * stride)];
        if (!derivatives.IsEmpty)
        {
            foreach (int i in allowed)
            {
                derivatives[first + (i * stride)] = i == chosen ? 0 : (float)(-Math.Exp(logits[first + (i * stride)] - max) / sum);
            }

            derivatives[first + (chosen * stride)] = 1;
        }

        return sum > 0 ? own - max - Math.Log(sum) : own;
    }
}
