namespace TransformerXL.Training.Metrics;

/// <summary>
/// Exact match and F1 of predicted answers by the official scripts of SQuAD: 1.1 without, 2.0 with questions that have no answer. A
/// prediction counts by the accepted answer that fits it best.
/// </summary>
/// <param name="withUnanswerable">Whether questions without an answer are counted, by the rules of 2.0.</param>
/// <param name="threshold">The probability of no answer above which the prediction counts as "no answer"; the script's default is 1, which no probability exceeds.</param>
public sealed class AnswerScores(bool withUnanswerable, double threshold = 1)
{
    private readonly List<Result> _results = [];

    /// <summary>Number of questions.</summary>
    public long Count => _results.Count;

    /// <summary>Share of the predictions that equal an accepted answer, in percent.</summary>
    public double ExactMatch => Group(_ => true).ExactMatch;

    /// <summary>Mean F1 of shared words, in percent.</summary>
    public double F1 => Group(_ => true).F1;

    /// <summary>The questions with an answer.</summary>
    public AnswerGroup HasAnswer => Group(result => result.HasAnswer);

    /// <summary>The questions without an answer.</summary>
    public AnswerGroup NoAnswer => Group(result => !result.HasAnswer);

    /// <summary>Counts a question.</summary>
    /// <param name="golds">The accepted answers; empty for a question without an answer.</param>
    /// <param name="prediction">The predicted answer; empty for "no answer".</param>
    /// <param name="noAnswerProbability">How sure the model is that there is no answer; any number that grows with it.</param>
    /// <exception cref="InputException">The question has no answer, but only questions with one are counted.</exception>
    public void Add(IReadOnlyList<string> golds, string prediction, double noAnswerProbability = 0)
    {
        ArgumentNullException.ThrowIfNull(golds);
        ArgumentNullException.ThrowIfNull(prediction);
        Require.That(withUnanswerable || golds.Count > 0, "a question without an answer cannot be counted by the rules of SQuAD 1.1");

        // The script of 2.0 leaves accepted answers out that have no words, such as "the".
        IReadOnlyList<string> accepted = withUnanswerable ? [.. golds.Where(gold => AnswerText.Normalize(gold).Length > 0)] : golds;
        accepted = accepted.Count == 0 ? [""] : accepted;
        _results.Add(new Result(
            golds.Count > 0,
            accepted.Any(gold => AnswerText.IsExact(prediction, gold)) ? 1 : 0,
            accepted.Max(gold => Shared(prediction, gold)),
            prediction.Length == 0,
            noAnswerProbability));
    }

    /// <summary>The best exact match that a threshold of the probability of no answer gives, in percent, and the threshold: predictions with a higher one count as "no answer".</summary>
    public (double Percent, double Threshold) BestExactMatch() => Best(result => result.Exact);

    /// <summary>The best F1 that a threshold gives, in percent, and the threshold.</summary>
    public (double Percent, double Threshold) BestF1() => Best(result => result.F1);

    private double Shared(string prediction, string gold) =>
        withUnanswerable || AnswerText.Normalize(prediction).Length > 0 ? AnswerText.F1(prediction, gold) : 0;

    private AnswerGroup Group(Func<Result, bool> includes)
    {
        (long count, double exact, double f1) = (0, 0, 0);
        foreach (Result result in _results.Where(includes))
        {
            bool none = withUnanswerable && result.NoAnswerProbability > threshold;
            double empty = result.HasAnswer ? 0 : 1;
            count++;
            exact += none ? empty : result.Exact;
            f1 += none ? empty : result.F1;
        }

        return count == 0 ? default : new AnswerGroup(count, 100 * exact / count, 100 * f1 / count);
    }

    /// <summary>Raises the threshold question by question; questions with equal probabilities come in their order, as in the script.</summary>
    private (double Percent, double Threshold) Best(Func<Result, double> score)
    {
        double current = _results.Count(result => !result.HasAnswer), best = current, at = 0;
        foreach (Result result in _results.OrderBy(result => result.NoAnswerProbability))
        {
            current += result.HasAnswer ? score(result) : result.IsEmpty ? 0 : -1;
            if (current > best)
            {
                (best, at) = (current, result.NoAnswerProbability);
            }
        }

        return (_results.Count == 0 ? 0 : 100 * best / _results.Count, at);
    }

    private readonly record struct Result(bool HasAnswer, double Exact, double F1, bool IsEmpty, double NoAnswerProbability);
}
