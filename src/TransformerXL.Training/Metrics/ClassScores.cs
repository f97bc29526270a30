namespace TransformerXL.Training.Metrics;

/// <summary>How well one class is found.</summary>
/// <param name="Correct">Examples of the class that were predicted as it (true positives).</param>
/// <param name="Support">Examples of the class.</param>
/// <param name="Predicted">Examples that were predicted as the class.</param>
public readonly record struct ClassScores(long Correct, long Support, long Predicted)
{
    /// <summary>Share of the predictions that are right; 0 without predictions.</summary>
    public double Precision => Predicted == 0 ? 0 : (double)Correct / Predicted;

    /// <summary>Share of the examples that are found; 0 without examples.</summary>
    public double Recall => Support == 0 ? 0 : (double)Correct / Support;

    /// <summary>The harmonic mean of precision and recall; 0 if both are.</summary>
    public double F1 => Support + Predicted == 0 ? 0 : 2.0 * Correct / (Support + Predicted);

    /// <summary>The counts of both together.</summary>
    public static ClassScores operator +(ClassScores left, ClassScores right) => Add(left, right);

    /// <summary>The counts of both together.</summary>
    public static ClassScores Add(ClassScores left, ClassScores right) =>
        new(left.Correct + right.Correct, left.Support + right.Support, left.Predicted + right.Predicted);
}
