namespace TransformerXL.Testing.Oracles;

/// <summary>Adam (Kingma and Ba 2015) with the denominator of today's PyTorch.</summary>
public sealed record AdamOracle(double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, double GradientScale)
{
    /// <summary>One step of one value; <paramref name="step"/> counts from 1.</summary>
    /// <param name="value">x.</param>
    /// <param name="gradient">Before scaling.</param>
    /// <param name="firstMoment">m.</param>
    /// <param name="secondMoment">v.</param>
    /// <param name="step">t.</param>
    /// <param name="largest">The largest v so far (Reddi et al. 2018), 0 without AMSGrad.</param>
    /// <param name="amsGrad">Whether the largest v is used in place of v.</param>
    public AdamValues Step(double value, double gradient, double firstMoment, double secondMoment, int step, double largest = 0, bool amsGrad = false)
    {
        double g = (gradient * GradientScale) + (WeightDecay * value);
        double m = (Beta1 * firstMoment) + ((1 - Beta1) * g);
        double v = (Beta2 * secondMoment) + ((1 - Beta2) * g * g);
        double used = amsGrad ? Math.Max(largest, v) : v;
        double denominator = (Math.Sqrt(used) / Math.Sqrt(1 - Math.Pow(Beta2, step))) + Epsilon;
        return new(value - (LearningRate / (1 - Math.Pow(Beta1, step)) * m / denominator), m, v, used);
    }
}
