namespace TransformerXL.Training.Rescoring;

/// <summary>
/// The weight of a language model that gives the fewest word errors on lists with references. Each hypothesis is a line over the weight, so
/// the best hypothesis changes at known weights only; all of them are tried (Och 2003, section 5).
/// </summary>
/// <param name="Weight">The weight: the middle of the range with the fewest errors.</param>
/// <param name="Errors">Word errors with it.</param>
/// <param name="ErrorsBefore">Word errors with weight 0.</param>
/// <param name="OracleErrors">Word errors if always the best hypothesis of a list were taken (oracle).</param>
/// <param name="Words">Words of the references.</param>
public sealed record RescoringWeight(double Weight, long Errors, long ErrorsBefore, long OracleErrors, long Words)
{
    /// <summary>Finds the weight.</summary>
    /// <param name="lists">Lists with references.</param>
    /// <exception cref="InputException">There is no list, or one has no reference.</exception>
    public static RescoringWeight Find(IEnumerable<RescoredList> lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        List<(double Weight, long Change)> changes = [];
        (long before, long min, long words, long count) = (0, 0, 0, 0);
        foreach (RescoredList list in lists)
        {
            list.List.Place.Require(list.List.Reference is not null, "the list has no 'reference', which the search for a weight needs");
            int[] errors = list.Errors();
            before += errors[list.Best(0)];
            min += errors.Min();
            words += list.List.Reference!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
            count++;
            AddChanges(list, errors, changes);
        }

        Require.That(count > 0, "there are no lists of hypotheses to find a weight with");
        changes.Sort((a, b) => a.Weight.CompareTo(b.Weight));
        (double weight, long best) = Sweep(changes, before);
        return new RescoringWeight(weight, best, before, min, words);
    }

    /// <summary>Walks along the lines that are highest, from weight 0 on.</summary>
    private static void AddChanges(RescoredList list, int[] errors, List<(double Weight, long Change)> changes)
    {
        (int current, double at) = (list.Best(0), 0);
        while (true)
        {
            (int next, double cross) = (-1, double.PositiveInfinity);
            for (int i = 0; i < errors.Length; i++)
            {
                double slope = list.ModelScores[i] - list.ModelScores[current];
                double weight = slope > 0 ? Math.Max(at, (list.List.Hypotheses[current].Score - list.List.Hypotheses[i].Score) / slope) : double.PositiveInfinity;
                if (weight < cross || (weight == cross && next >= 0 && list.ModelScores[i] > list.ModelScores[next]))
                {
                    (next, cross) = (i, weight);
                }
            }

            if (next < 0)
            {
                return;
            }

            changes.Add((cross, errors[next] - errors[current]));
            (current, at) = (next, cross);
        }
    }

    /// <summary>The middle of the first range of weights with the fewest errors.</summary>
    private static (double Weight, long Errors) Sweep(List<(double Weight, long Change)> changes, long before)
    {
        (double start, double end, long min) = (0, changes.Count > 0 ? changes[0].Weight : 0, before);
        long errors = before;
        for (int i = 0; i < changes.Count; i++)
        {
            errors += changes[i].Change;
            double next = i + 1 < changes.Count ? changes[i + 1].Weight : (changes[i].Weight * 2) + 1;
            if (next > changes[i].Weight && (errors < min || (errors == min && end == changes[i].Weight)))
            {
                (start, end, min) = (errors < min ? changes[i].Weight : start, next, errors);
            }
        }

        return ((start + end) / 2, min);
    }
}
