using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// g_ibh = (q_ibh + w_h) . (e_1h - e_0h): what a key of another text adds to the score of a query, beyond a key of the same text (relative segment encoding: Yang et al. 2019,
/// section 2.5, whose scores have (q_i + w) . e_0 for keys of the same text and (q_i + w) . e_1 for the others; a softmax depends on the difference alone). q (L, B, H d_h),
/// w (H, d_h), e (2, H, d_h). Gives (L, B, H).
/// </summary>
public sealed class SegmentScoresOperation : Operation
{
    private Variable _queries = null!, _bias = null!, _embeddings = null!;

    internal Variable Forward(Tape tape, Variable queries, Variable bias, Variable embeddings)
    {
        Shape q = queries.Shape, w = bias.Shape;
        Check.Equal("segment scores", "the number of axes of the queries", q.Rank, 3);
        Check.Equal("segment scores", "the number of axes of the bias", w.Rank, 2);
        Check.Equal("segment scores", "the size of a query", q.Columns, w.Count);
        Check.Shape("segment scores", "the shape of the segment embeddings", embeddings.Shape, new Shape(2, w[0], w[1]));
        (_queries, _bias, _embeddings) = (queries, bias, embeddings);
        Variable output = tape.NewVariable(new Shape(q[0], q[1], w[0]), requiresGradient: true);
        ReadOnlySpan<float> x = queries.Value.Span, biases = bias.Value.Span;
        Span<float> y = output.Value.Span;
        float[] differences = Differences();
        for (int place = 0, first = 0; place < y.Length; place++, first += w[1])
        {
            int head = place % w[0] * w[1];
            float sum = 0;
            for (int i = 0; i < w[1]; i++)
            {
                sum += (x[first + i] + biases[head + i]) * differences[head + i];
            }

            y[place] = sum;
        }

        return tape.Record(this, output);
    }

    /// <summary>dq_i += dg_i (e_1 - e_0);  dw = sum_i dg_i (e_1 - e_0);  de_1 = -de_0 = sum_i dg_i (q_i + w).</summary>
    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        int heads = _bias.Shape[0], size = _bias.Shape[1], half = heads * size;
        ReadOnlySpan<float> gradient = Output.Gradient.Span, x = _queries.Value.Span, biases = _bias.Value.Span;
        Span<float> ofQueries = _queries.RequiresGradient ? tape.GradientToAdd(_queries).Span : default;
        float[] differences = Differences();
        double[] ofDifferences = new double[half], sums = new double[heads];
        for (int place = 0, first = 0; place < gradient.Length; place++, first += size)
        {
            int head = place % heads * size;
            float own = gradient[place];
            sums[place % heads] += own;
            for (int i = 0; i < size; i++)
            {
                ofDifferences[head + i] += (double)own * (x[first + i] + biases[head + i]);
                if (!ofQueries.IsEmpty)
                {
                    ofQueries[first + i] += own * differences[head + i];
                }
            }
        }

        Span<float> ofBias = tape.GradientToAdd(_bias).Span, ofEmbeddings = tape.GradientToAdd(_embeddings).Span;
        for (int i = 0; i < half; i++)
        {
            ofBias[i] += (float)(sums[i / size] * differences[i]);
            ofEmbeddings[i] -= (float)ofDifferences[i];
            ofEmbeddings[half + i] += (float)ofDifferences[i];
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_queries, _bias, _embeddings) = (null!, null!, null!);

    /// <summary>e_1 - e_0: (H d_h).</summary>
    private float[] Differences()
    {
        ReadOnlySpan<float> values = _embeddings.Value.Span;
        float[] differences = new float[values.Length / 2];
        for (int i = 0; i < differences.Length; i++)
        {
            differences[i] = values[differences.Length + i] - values[i];
        }

        return differences;
    }
}
