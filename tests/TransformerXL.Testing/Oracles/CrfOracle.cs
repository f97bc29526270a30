namespace TransformerXL.Testing.Oracles;

/// <summary>A conditional random field of a linear chain, one number at a time.</summary>
/// <param name="labels">C.</param>
/// <param name="transitions">(C, C).</param>
/// <param name="start">(C).</param>
/// <param name="end">(C).</param>
public sealed class CrfOracle(int labels, double[] transitions, double[] start, double[] end)
{
    /// <summary>The mean loss of the elements of sequences.</summary>
    /// <param name="emissions">(N, C).</param>
    /// <param name="targets">(N).</param>
    /// <param name="lengths">Elements of each sequence.</param>
    public double Loss(double[] emissions, int[] targets, int[] lengths)
    {
        double loss = 0;
        int first = 0;
        foreach (int length in lengths)
        {
            double[] own = emissions[(first * labels)..((first + length) * labels)];
            loss += length == 0 ? 0 : LogPartition(own) - Score(own, targets[first..(first + length)]);
            first += length;
        }

        return loss / targets.Length;
    }

    /// <summary>The score of a label sequence.</summary>
    public double Score(double[] emissions, int[] path)
    {
        double score = start[path[0]] + end[path[^1]];
        for (int t = 0; t < path.Length; t++)
        {
            score += emissions[(t * labels) + path[t]] + (t == 0 ? 0 : transitions[(path[t - 1] * labels) + path[t]]);
        }

        return score;
    }

    /// <summary>log of the sum over all label sequences of exp(score).</summary>
    public double LogPartition(double[] emissions)
    {
        double[] before = [.. Enumerable.Range(0, labels).Select(j => start[j] + emissions[j])];
        for (int t = 1; t < emissions.Length / labels; t++)
        {
            double[] last = before;
            before = [.. Enumerable.Range(0, labels).Select(j => emissions[(t * labels) + j] + LogSum(Enumerable.Range(0, labels).Select(i => last[i] + transitions[(i * labels) + j])))];
        }

        return LogSum(before.Zip(end, (a, b) => a + b));
    }

    /// <summary>Every label sequence of a length.</summary>
    public IEnumerable<int[]> Paths(int length)
    {
        int[] path = new int[length];
        while (true)
        {
            yield return [.. path];
            int place = 0;
            while (place < length && ++path[place] == labels)
            {
                path[place++] = 0;
            }

            if (place == length)
            {
                yield break;
            }
        }
    }

    private static double LogSum(IEnumerable<double> values)
    {
        double[] list = [.. values];
        double max = list.Max();
        return double.IsNegativeInfinity(max) ? max : max + Math.Log(list.Sum(value => Math.Exp(value - max)));
    }
}
