namespace TransformerXL.Testing.Oracles;

/// <summary>-log softmax(x W^T + b)[target] of every row, in nats.</summary>
public static class CrossEntropyOracle
{
    /// <summary>x (rows, D), weight (V, D), bias (V) or null, one target for each row: one number for each row.</summary>
    public static double[] PerToken(double[] x, double[] weight, double[]? bias, int[] targets, int columns)
    {
        int vocabulary = weight.Length / columns;
        double[] nll = new double[targets.Length], logits = new double[vocabulary];
        for (int row = 0; row < targets.Length; row++)
        {
            for (int token = 0; token < vocabulary; token++)
            {
                logits[token] = bias is null ? 0 : bias[token];
                for (int k = 0; k < columns; k++)
                {
                    logits[token] += x[(row * columns) + k] * weight[(token * columns) + k];
                }
            }

            double max = logits.Max(), sum = 0;
            foreach (double logit in logits)
            {
                sum += Math.Exp(logit - max);
            }

            nll[row] = max + Math.Log(sum) - logits[targets[row]];
        }

        return nll;
    }
}
