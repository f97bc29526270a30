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

    /// <summary>Descent that is pulled back to an anchor (Krause et al. 2018).</summary>
    public void Anchored(double[] x, double[] anchor, double[]? gradient, double[]? scale, double pull, double epsilon)
    {
        for (int i = 0; i < x.Length; i++)
        {
            double back = scale is null ? pull : Math.Min(1, pull * scale[i]), divisor = scale is null ? 1 : scale[i] + epsilon;
            x[i] += (back * (anchor[i] - x[i])) - (LearningRate * (gradient?[i] ?? 0) / divisor);
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

    /// <summary>Muon (Jordan et al. 2024) on a matrix: four iterations of Newton and Schulz from the update divided by the fourth root of tr((U U')^2).</summary>
    public void Muon(double[] x, double[] gradient, double[] mean, int columns, double momentum)
    {
        int rows = x.Length / columns;
        double[] u = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double g = gradient[i] * GradientScale;
            mean[i] = (momentum * mean[i]) + ((1 - momentum) * g);
            u[i] = (momentum * mean[i]) + ((1 - momentum) * g);
        }

        u = Orthogonalized(u, columns);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] -= LearningRate * ((WeightDecay * x[i]) + (0.2 * Math.Sqrt(Math.Max(rows, columns)) * u[i]));
        }
    }

    /// <summary>The singular values of a matrix are brought near 1 (Jordan et al. 2024).</summary>
    public static double[] Orthogonalized(double[] u, int columns)
    {
        int rows = u.Length / columns;
        double bound = Math.Pow(Gram(u, columns).Sum(value => value * value), 0.25);
        u = [.. u.Select(value => bound == 0 ? 0 : value / bound)];
        for (int iteration = 0; iteration < 4; iteration++)
        {
            double[] gram = Gram(u, columns), once = Times(gram, u, rows, columns), twice = Times(gram, once, rows, columns);
            u = [.. u.Select((value, i) => (3.4445 * value) - (4.7750 * once[i]) + (2.0315 * twice[i]))];
        }

        return u;
    }

    /// <summary>U U', row by row.</summary>
    private static double[] Gram(double[] u, int columns)
    {
        int rows = u.Length / columns;
        double[] gram = new double[rows * rows];
        for (int i = 0; i < gram.Length; i++)
        {
            for (int k = 0; k < columns; k++)
            {
                gram[i] += u[(i / rows * columns) + k] * u[(i % rows * columns) + k];
            }
        }

        return gram;
    }

    private static double[] Times(double[] square, double[] u, int rows, int columns)
    {
        double[] product = new double[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            for (int k = 0; k < rows; k++)
            {
                for (int column = 0; column < columns; column++)
                {
                    product[(row * columns) + column] += square[(row * rows) + k] * u[(k * columns) + column];
                }
            }
        }

        return product;
    }

    private double L2(double value, double gradient) => (gradient * GradientScale) + (WeightDecay * value);
}
