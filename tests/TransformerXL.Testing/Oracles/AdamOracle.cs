namespace TransformerXL.Testing.Oracles;

/// <summary>Adam (Kingma and Ba 2015) with the denominator of today's PyTorch.</summary>
public sealed record AdamOracle(double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, double GradientScale)
{
    /// <summary>One step of one value; <paramref name="step"/> counts from 1.</summary>
    public (double Value, double FirstMoment, double SecondMoment) Step(double value, double gradient, double firstMoment, double secondMoment, int step)
    {
        double g = (gradient * GradientScale) + (WeightDecay * value);
        double m = (Beta1 * firstMoment) + ((1 - Beta1) * g);
        double v = (Beta2 * secondMoment) + ((1 - Beta2) * g * g);
        double denominator = (Math.Sqrt(v) / Math.Sqrt(1 - Math.Pow(Beta2, step))) + Epsilon;
        return (value - (LearningRate / (1 - Math.Pow(Beta1, step)) * m / denominator), m, v);
    }
}
