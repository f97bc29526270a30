namespace TransformerXL.Testing.Oracles;

/// <summary>
/// Attention with relative positions (Dai et al. 2019, section 3.3), every score computed for itself:
/// (a) q_i . k_j + (b) q_i . r_{i-j} + (c) u . k_j + (d) v . r_{i-j}, over sqrt(d_h); and a bias for each distance (Shaw et al. 2018).
/// </summary>
public sealed record AttentionOracle(int Queries, int Memory, int Streams, int Heads, int HeadSize, int MaxDistance, DropoutOracle Dropout)
{
    private int Keys => Memory + Queries;

    private int Width => Heads * HeadSize;

    /// <summary>
    /// q (L, B, H d_h), kv (M + L, B, 2 H d_h), r (M + L, H d_h) and the biases (M + L, H) by falling distance, u and v
    /// (H, d_h): (L, B, H d_h). What is null takes no part.
    /// </summary>
    public double[] Forward(double[] q, double[] kv, double[]? r, double[]? u, double[]? v, double[]? bias = null)
    {
        double[] output = new double[Queries * Streams * Width];
        for (int i = 0; i < Queries; i++)
        {
            for (int b = 0; b < Streams; b++)
            {
                for (int h = 0; h < Heads; h++)
                {
                    OneQuery(q, kv, r, u, v, bias, output, i, b, h);
                }
            }
        }

        return output;
    }

    private void OneQuery(double[] q, double[] kv, double[]? r, double[]? u, double[]? v, double[]? bias, double[] output, int i, int b, int h)
    {
        int last = Memory + i, first = (int)Math.Max(0L, (long)last - MaxDistance);
        int query = (((i * Streams) + b) * Width) + (h * HeadSize);
        double[] weights = new double[last + 1 - first];
        for (int j = first; j <= last; j++)
        {
            int distance = last - j;
            int key = Key(j, b, h), relative = ((Keys - 1 - distance) * Width) + (h * HeadSize);
            double score = bias is null ? 0 : bias[((Keys - 1 - distance) * Heads) + h];
            for (int c = 0; c < HeadSize; c++)
            {
                int component = (h * HeadSize) + c;
                score += (q[query + c] + (u?[component] ?? 0)) * kv[key + c];
                score += r is null ? 0 : (q[query + c] + (v?[component] ?? 0)) * r[relative + c];
            }

            weights[j - first] = score / Math.Sqrt(HeadSize);
        }

        double max = weights.Max(), sum = 0;
        for (int j = 0; j < weights.Length; j++)
        {
            weights[j] = Math.Exp(weights[j] - max);
            sum += weights[j];
        }

        long row = ((((long)b * Heads) + h) * Queries) + i;
        for (int j = first; j <= last; j++)
        {
            double weight = Dropout.Apply(weights[j - first] / sum, (row * Keys) + j);
            int value = Key(j, b, h) + Width;
            for (int c = 0; c < HeadSize; c++)
            {
                output[query + c] += weight * kv[value + c];
            }
        }
    }

    private int Key(int j, int b, int h) => (((j * Streams) + b) * 2 * Width) + (h * HeadSize);
}
