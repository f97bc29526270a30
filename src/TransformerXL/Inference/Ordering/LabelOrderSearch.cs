using TransformerXL.Labels;

namespace TransformerXL.Inference.Ordering;

/// <summary>Finds the values of a <see cref="LabelFilter"/> under which the right labels of some texts are most probable.</summary>
internal static class LabelOrderSearch
{
    /// <summary>Probabilities of predictions that one trial reads, so that a search takes some seconds at most.</summary>
    public const int MostProbabilities = 1_000_000;

    /// <summary>Trials of the weight: 1/20 to 1.</summary>
    private const int Weights = 20;

    /// <summary>Trials of the probability to leave a label, 1 - s: 1 to 1/1024, divided by the square root of 2 from one to the next.</summary>
    private const int Halvings = 10, TrialsOfHalving = 2;

    /// <param name="alone">The predictions of texts in their order, each alone.</param>
    /// <param name="labels">Their right labels.</param>
    /// <param name="each">The values that predict each label from its text alone: the first trial, which others must exceed.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static LabelOrder Run(IReadOnlyList<Classification> alone, IReadOnlyList<string> labels, LabelOrder each, CancellationToken cancellationToken)
    {
        LabelSet set = new(alone[0].Probabilities.Select(label => label.Label));
        int count = set.Count, texts = Math.Min(alone.Count, Math.Max(1, MostProbabilities / Math.Max(1, count)));
        int[] right = [.. labels.Select(set.IdOf)];
        foreach (Classification prediction in alone)
        {
            LabelFilter.RequireOneLabel(prediction, count);
        }

        double[] shares = new double[texts * count], logRatios = new double[texts * count], evidence = new double[texts * count], state = new double[count];
        RunningShares running = new(each.Shares);
        for (int text = 0; text < texts; text++)
        {
            running.Add(alone[text], shares.AsSpan(text * count, count), logRatios.AsSpan(text * count, count));
        }

        (double best, LabelOrder found) = (double.PositiveInfinity, each);
        for (int trial = Weights; trial >= 1; trial--)
        {
            double w = (double)trial / Weights;
            for (int i = 0; i < evidence.Length; i++)
            {
                evidence[i] = Math.Exp(w * logRatios[i]);
            }

            for (int halving = 0; halving <= Halvings * TrialsOfHalving; halving++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                double s = 1 - Math.Pow(2, -(double)halving / TrialsOfHalving), loss = Loss(s);
                if (loss < best)
                {
                    (best, found) = (loss, each with { Stay = s, Weight = w });
                }
            }
        }

        return found;

        double Loss(double s)
        {
            shares.AsSpan(0, count).CopyTo(state);
            double sum = 0;
            for (int text = 0; text < texts; text++)
            {
                LabelFilter.Step(state, evidence.AsSpan(text * count, count), shares.AsSpan(text * count, count), s);
                sum -= Math.Log(Math.Max(double.Epsilon, state[right[text]]));
            }

            return sum;
        }
    }
}
