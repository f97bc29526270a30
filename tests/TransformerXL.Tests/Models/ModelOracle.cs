using TransformerXL.Models;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tests.Models;

/// <summary>Softmax and attention probabilities by their definitions, in double.</summary>
internal static class ModelOracle
{
    /// <summary>log softmax over the vocabulary of the last <paramref name="rows"/> hidden rows: (rows, V).</summary>
    public static float[] LogProbabilities(TransformerXLModel model, Tensor hidden, int rows)
    {
        int size = model.Configuration.ModelSize, embedding = model.Configuration.EmbeddingSize, vocabulary = model.Configuration.VocabularySize;
        ReadOnlySpan<float> h = hidden.Span[^(rows * size)..];
        float[] result = new float[rows * vocabulary];
        double[] projected = new double[embedding], logits = new double[vocabulary];
        for (int row = 0; row < rows; row++)
        {
            for (int e = 0; e < embedding; e++)
            {
                projected[e] = model.OutputProjection is null ? h[(row * size) + e] : 0;
                for (int i = 0; i < size && model.OutputProjection is not null; i++)
                {
                    projected[e] += (double)h[(row * size) + i] * model.OutputProjection.Value.Span[(i * embedding) + e];
                }
            }

            for (int token = 0; token < vocabulary; token++)
            {
                logits[token] = model.SoftmaxBias.Value.Span[token];
                for (int e = 0; e < embedding; e++)
                {
                    logits[token] += projected[e] * model.SoftmaxWeight.Value.Span[(token * embedding) + e];
                }
            }

            double max = logits.Max(), logSumExp = max + Math.Log(logits.Sum(logit => Math.Exp(logit - max)));
            for (int token = 0; token < vocabulary; token++)
            {
                result[(row * vocabulary) + token] = (float)(logits[token] - logSumExp);
            }
        }

        return result;
    }

    /// <summary>Attention probabilities (B, H, L, M + L) of a layer.</summary>
    public static float[] AttentionProbabilities(TransformerXLModel model, AttentionTrace trace, ContextConfiguration context, int memoryRows)
    {
        int heads = model.Configuration.Heads, size = model.Configuration.HeadSize, width = heads * size;
        int queries = trace.Queries.Shape[0], streams = trace.Queries.Shape[1], keys = trace.KeysValues.Shape[0];
        float[] result = new float[streams * heads * queries * keys];
        ReadOnlySpan<float> u = model.ContentBias.Value.Span, v = model.PositionBias.Value.Span;
        ReadOnlySpan<float> q = trace.Queries.Span, kv = trace.KeysValues.Span, r = trace.Relative.Span;
        double[] scores = new double[keys];
        for (int row = 0; row < streams * heads * queries; row++)
        {
            int query = row % queries, head = row / queries % heads, stream = row / queries / heads;
            double max = double.NegativeInfinity;
            for (int key = 0; key < keys; key++)
            {
                int distance = query + memoryRows - key;
                bool visible = distance >= 0 && (!context.SameLength || distance < context.MemoryLength);
                scores[key] = visible ? 0 : double.NegativeInfinity;
                for (int i = 0; i < size && visible; i++)
                {
                    double qi = q[(((query * streams) + stream) * width) + (head * size) + i];
                    double ki = kv[(((key * streams) + stream) * 2 * width) + (head * size) + i];
                    double ri = r[((keys - 1 - distance) * width) + (head * size) + i];
                    scores[key] += (((qi + u[(head * size) + i]) * ki) + ((qi + v[(head * size) + i]) * ri)) / Math.Sqrt(size);
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
}
