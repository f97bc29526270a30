using TransformerXL.Tensors;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Reference;

/// <content>Attention.</content>
public sealed partial class ReferenceBackend
{
    internal override void AttentionForward(in AttentionTensors tensors)
    {
        tensors.Output.Span.Clear();
        foreach (ReferenceQuery query in ReferenceQuery.All(tensors, Oracle(tensors.Dropout)))
        {
            double[] scores = [.. query.Keys.Select(query.Score)];
            double max = scores.Max(), sum = scores.Sum(score => Math.Exp(score - max));
            tensors.LogSumExp.Span[query.Row] = (float)(max + Math.Log(sum));
            for (int c = 0; c < query.HeadSize; c++)
            {
                double value = 0;
                for (int n = 0; n < scores.Length; n++)
                {
                    value += query.Drop(Math.Exp(scores[n] - max) / sum, query.Keys[n]) * query.Value(query.Keys[n], c);
                }

                tensors.Output.Span[query.Place + c] = (float)value;
            }
        }
    }

    internal override void AttentionBackward(in AttentionTensors tensors, in AttentionTensorGradients gradients)
    {
        Sums q = new(gradients.Queries), kv = new(gradients.KeysValues), r = new(gradients.Relative), b = new(gradients.DistanceBias);
        Sums u = new(gradients.ContentBias), v = new(gradients.PositionBias), g = new(gradients.SegmentScores);
        foreach (ReferenceQuery query in ReferenceQuery.All(tensors, Oracle(tensors.Dropout)))
        {
            int count = query.Keys.Length;
            double[] weights = new double[count], ofWeights = new double[count];
            double total = 0;
            for (int n = 0; n < count; n++)
            {
                int j = query.Keys[n];
                weights[n] = Math.Exp(query.Score(j) - tensors.LogSumExp.Span[query.Row]);
                for (int c = 0; c < query.HeadSize; c++)
                {
                    double output = gradients.Output.Span[query.Place + c];
                    ofWeights[n] += query.Drop(output * query.Value(j, c), j);
                    kv.Add(query.ValuePlace(j) + c, query.Drop(weights[n], j) * output);
                }

                total += weights[n] * ofWeights[n];
            }

            for (int n = 0; n < count; n++)
            {
                int j = query.Keys[n];
                double ofScore = weights[n] * (ofWeights[n] - total) * query.Scale;
                b.Add(query.DistanceBiasPlace(j), ofScore);
                g.Add(query.SegmentPlace, query.IsOfAnotherText(j) ? ofScore : 0);
                for (int c = 0; c < query.HeadSize; c++)
                {
                    q.Add(query.Place + c, ofScore * (query.Key(j, c) + query.Relative(j, c)));
                    kv.Add(query.KeyPlace(j) + c, ofScore * query.ContentQuery(c));
                    u.Add(query.BiasPlace + c, ofScore * query.Key(j, c));
                    r.Add(query.RelativePlace(j) + c, ofScore * query.PositionQuery(c));
                    v.Add(query.BiasPlace + c, ofScore * query.Relative(j, c));
                }
            }
        }

        q.Write(gradients.Queries, add: false);
        kv.Write(gradients.KeysValues, add: false);
        r.Write(gradients.Relative, add: false);
        b.Write(gradients.DistanceBias, add: false);
        g.Write(gradients.SegmentScores, add: false);
        u.Write(gradients.ContentBias, add: true);
        v.Write(gradients.PositionBias, add: true);
    }

    /// <summary>A gradient in double precision; nothing if it is not wanted.</summary>
    private sealed class Sums(Tensor gradient)
    {
        private readonly double[] _values = new double[gradient.Count];

        public void Add(int place, double value)
        {
            if (_values.Length > 0)
            {
                _values[place] += value;
            }
        }

        public void Write(Tensor target, bool add)
        {
            for (int i = 0; i < _values.Length; i++)
            {
                target.Span[i] = (add ? target.Span[i] : 0) + (float)_values[i];
            }
        }
    }
}
