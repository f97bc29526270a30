using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tests.Models;

/// <summary>Softmax and attention probabilities by their definitions, in double.</summary>
internal static class ModelOracle
{
    /// <summary>log p of every token after each of the last <paramref name="rows"/> hidden rows: (rows, V).</summary>
    public static float[] LogProbabilities(LanguageModel model, Tensor hidden, int rows)
    {
        int size = model.Configuration.ModelSize, vocabulary = model.Configuration.VocabularySize;
        Clusters clusters = model.Softmax.Clusters;
        ReadOnlySpan<float> h = hidden.Span[^(rows * size)..];
        float[] result = new float[rows * vocabulary];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> state = h.Slice(row * size, size);
            double[] first = Projected(model, state, 0);
            double[] head = [.. Logits(first, model.Softmax.Part(0)), .. clusters.Tails == 0 ? [] : Logits(first, new SoftmaxPart(model.Softmax.ClusterWeight!, model.Softmax.ClusterBias, 0, clusters.Tails))];
            double total = LogSumExp(head);
            for (int token = 0; token < vocabulary; token++)
            {
                result[(row * vocabulary) + token] = token < clusters.Shortlist ? (float)(head[token] - total) : 0;
            }

            for (int cluster = 1; cluster <= clusters.Tails; cluster++)
            {
                double[] tail = Logits(Projected(model, state, cluster), model.Softmax.Part(cluster));
                double ofCluster = head[clusters.HeadColumn(cluster)] - total, tailTotal = LogSumExp(tail);
                for (int i = 0; i < tail.Length; i++)
                {
                    result[(row * vocabulary) + clusters.First(cluster) + i] = (float)(ofCluster + tail[i] - tailTotal);
                }
            }
        }

        return result;
    }

    /// <summary>Attention probabilities (B, H, L, M + L) of a layer.</summary>
    public static float[] AttentionProbabilities(LanguageModel model, AttentionTrace trace, ContextConfiguration context, int memoryRows)
    {
        AttentionConfiguration configuration = (AttentionConfiguration)model.Configuration;
        int heads = configuration.Heads, size = configuration.HeadSize, width = heads * size;
        int queries = trace.Queries.Shape[0], streams = trace.Queries.Shape[1], keys = trace.KeysValues.Shape[0];
        float[] result = new float[streams * heads * queries * keys];
        ReadOnlySpan<float> u = SpanOf(trace.ContentBias), v = SpanOf(trace.PositionBias), bias = SpanOf(trace.DistanceBias);
        ReadOnlySpan<float> q = trace.Queries.Span, kv = trace.KeysValues.Span, r = SpanOf(trace.Relative);
        double[] scores = new double[keys];
        for (int row = 0; row < streams * heads * queries; row++)
        {
            int query = row % queries, head = row / queries % heads, stream = row / queries / heads;
            double max = double.NegativeInfinity;
            for (int key = 0; key < keys; key++)
            {
                int distance = query + memoryRows - key;
                bool visible = distance >= 0 && (!context.SameLength || distance < context.MemoryLength);
                scores[key] = !visible ? double.NegativeInfinity : bias.IsEmpty ? 0 : bias[((keys - 1 - distance) * heads) + head] / Math.Sqrt(size);
                for (int i = 0; i < size && visible; i++)
                {
                    double qi = q[(((query * streams) + stream) * width) + (head * size) + i];
                    double ki = kv[(((key * streams) + stream) * 2 * width) + (head * size) + i];
                    double ri = r.IsEmpty ? 0 : r[((keys - 1 - distance) * width) + (head * size) + i];
                    double ui = u.IsEmpty ? 0 : u[(head * size) + i], vi = v.IsEmpty ? 0 : v[(head * size) + i];
                    scores[key] += (((qi + ui) * ki) + ((qi + vi) * ri)) / Math.Sqrt(size);
                }

                max = Math.Max(max, scores[key]);
            }

            double sum = scores.Sum(score => Math.Exp(score - max));
            for (int key = 0; key < keys; key++)
            {
                result[((long)row * keys) + key] = (float)(Math.Exp(scores[key] - max) / sum);
            }
        }

        return result;
    }

    private static ReadOnlySpan<float> SpanOf(Tensor tensor) => tensor.IsEmpty ? [] : tensor.Span;

    private static double LogSumExp(double[] values)
    {
        double max = values.Max();
        return max + Math.Log(values.Sum(value => Math.Exp(value - max)));
    }

    private static double[] Projected(LanguageModel model, ReadOnlySpan<float> state, int cluster)
    {
        if (model.Softmax.Projections[cluster] is not { } projection)
        {
            return [.. state.ToArray().Select(value => (double)value)];
        }

        double[] projected = new double[projection.Shape[1]];
        for (int i = 0; i < state.Length * projected.Length; i++)
        {
            projected[i % projected.Length] += (double)state[i / projected.Length] * projection.Value.Span[i];
        }

        return projected;
    }

    private static double[] Logits(double[] input, SoftmaxPart part)
    {
        double[] logits = new double[part.Count];
        for (int row = 0; row < part.Count; row++)
        {
            logits[row] = part.Bias!.Value.Span[part.First + row];
            for (int i = 0; i < input.Length; i++)
            {
                logits[row] += input[i] * part.Weight.Value.Span[((part.First + row) * input.Length) + i];
            }
        }

        return logits;
    }
}
