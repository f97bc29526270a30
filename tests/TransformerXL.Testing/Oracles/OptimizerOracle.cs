namespace TransformerXL.Testing.Oracles;

/// <summary>One step of the optimizers other than Adam, in double precision, on all values of one parameter; the arrays are changed.</summary>
/// <param name="LearningRate">The rate.</param>
/// <param name="WeightDecay">Its weight decay.</param>
/// <param name="GradientScale">What gradients are multiplied by first.</param>
public sealed record OptimizerOracle(double LearningRate, double WeightDecay, double GradientScale)
{
    private const double LargestNorm = 10;

    /// <summary>Stochastic gradient descent; momentum begins as the first gradient.</summary>
    public void Sgd(double[] x, double[] gradient, double[] velocity, int step, double momentum, double dampening, bool nesterov)
    {
        for (int i = 0; i < x.Length; i++)
        {
            double g = L2(x[i], gradient[i]);
            velocity[i] = step == 1 ? g : (momentum * velocity[i]) + ((1 - dampening) * g);
            x[i] -= LearningRate * (momentum == 0 ? g : nesterov ? g + (momentum * velocity[i]) : velocity[i]);
        }
    }

    /// <summary>Adagrad (Duchi et al. 2011).</summary>
    public void Adagrad(double[] x, double[] gradient, double[] sum, double epsilon)
    {
        for (int i = 0; i < x.Length; i++)
        {
            double g = L2(x[i], gradient[i]);
            sum[i] += g * g;
            x[i] -= LearningRate * g / (Math.Sqrt(sum[i]) + epsilon);
        }
    }

    /// <summary>LAMB (You et al. 2020) without bias correction, the norm of the values counted up to 10.</summary>
    public void Lamb(double[] x, double[] gradient, double[] m, double[] v, double beta1, double beta2, double epsilon)
    {
        double[] update = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double g = gradient[i] * GradientScale;
            m[i] = (beta1 * m[i]) + ((1 - beta1) * g);
            v[i] = (beta2 * v[i]) + ((1 - beta2) * g * g);
            update[i] = (m[i] / (Math.Sqrt(v[i]) + epsilon)) + (WeightDecay * x[i]);
        }

        double norm = Math.Min(LargestNorm, Math.Sqrt(x.Sum(value => value * value))), updateNorm = Math.Sqrt(update.Sum(value => value * value));
        double trust = norm == 0 || updateNorm == 0 ? 1 : norm / (updateNorm + epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] -= LearningRate * trust * update[i];
        }
    }

    private double L2(double value, double gradient) => (gradient * GradientScale) + (WeightDecay * value);
}
