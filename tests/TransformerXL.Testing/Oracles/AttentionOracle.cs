namespace TransformerXL.Testing.Oracles;

/// <summary>
/// Attention with relative positions (Dai et al. 2019, section 3.3), every score computed for itself:
/// (a) q_i . k_j + (b) q_i . r_{i-j} + (c) u . k_j + (d) v . r_{i-j}, over sqrt(d_h); a bias for each distance (Shaw et al. 2018); and
/// g_i where query and key are of different texts (Yang et al. 2019).
/// Which keys a query sees is a plain yes or no for each of them.
/// </summary>
public sealed record AttentionOracle(int Queries, int Keys, int Streams, int Heads, int HeadSize, Func<int, int, int, bool> Sees, DropoutOracle Dropout)
{
    /// <summary>The text of each key of a stream; null if texts take no part.</summary>
    public Func<int, int, int>? TextOf { get; init; }

    private int Width => Heads * HeadSize;

    /// <summary>Query i at key K - L + i sees the keys of the window before its place, that of its place, and those of the window after it.</summary>
    public static Func<int, int, int, bool> Band(int queries, int keys, int before, int after) => (_, i, j) =>
    {
        long distance = keys - queries + i - j;
        return distance <= before && -distance <= after;
    };

    /// <summary>
    /// q (L, B, H d_h), kv (K, B, 2 H d_h), r (.., H d_h) and the biases (.., H) by falling distance from K - 1 on, u and v
    /// (H, d_h), g (L, B, H): (L, B, H d_h). What is null takes no part. A query that sees nothing has the output 0.
    /// </summary>
    public double[] Forward(double[] q, double[] kv, double[]? r, double[]? u, double[]? v, double[]? bias = null, double[]? g = null)
    {
        double[] output = new double[Queries * Streams * Width];
        for (int i = 0; i < Queries; i++)
        {
            for (int b = 0; b < Streams; b++)
            {
                for (int h = 0; h < Heads; h++)
                {
                    OneQuery(q, kv, r, u, v, bias, g, output, i, b, h);
                }
            }
        }

        return output;
    }

    private void OneQuery(double[] q, double[] kv, double[]? r, double[]? u, double[]? v, double[]? bias, double[]? g, double[] output, int i, int b, int h)
    {
        int query = (((i * Streams) + b) * Width) + (h * HeadSize);
        int[] visible = [.. Enumerable.Range(0, Keys).Where(j => Sees(b, i, j))];
        double[] weights = new double[visible.Length];
        for (int n = 0; n < visible.Length; n++)
        {
            // Row p of r is for the distance K - 1 - p, which is K - L + i - j.
            int row = Queries - 1 - i + visible[n];
            int key = Key(visible[n], b, h), relative = (row * Width) + (h * HeadSize);
            double score = bias is null ? 0 : bias[(row * Heads) + h];
            score += g is null || TextOf!(b, Keys - Queries + i) == TextOf(b, visible[n]) ? 0 : g[(((i * Streams) + b) * Heads) + h];
            for (int c = 0; c < HeadSize; c++)
            {
                int component = (h * HeadSize) + c;
                score += (q[query + c] + (u?[component] ?? 0)) * kv[key + c];
                score += r is null ? 0 : (q[query + c] + (v?[component] ?? 0)) * r[relative + c];
            }

            weights[n] = score / Math.Sqrt(HeadSize);
        }

        double max = weights.DefaultIfEmpty().Max(), sum = 0;
        for (int n = 0; n < weights.Length; n++)
        {
            weights[n] = Math.Exp(weights[n] - max);
            sum += weights[n];
        }

        long dropoutRow = ((((long)b * Heads) + h) * Queries) + i;
        for (int n = 0; n < weights.Length; n++)
        {
            double weight = Dropout.Apply(weights[n] / sum, (dropoutRow * Keys) + visible[n]);
            int value = Key(visible[n], b, h) + Width;
            for (int c = 0; c < HeadSize; c++)
            {
                output[query + c] += weight * kv[value + c];
            }
        }
    }

    private int Key(int j, int b, int h) => (((j * Streams) + b) * 2 * Width) + (h * HeadSize);
}
