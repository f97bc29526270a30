using TransformerXL.Models;

namespace TransformerXL.Inference.Serving;

/// <summary>Hidden states, segment after segment, become one vector.</summary>
internal sealed class HiddenPooling(LanguageModel model, EmbeddingPooling pooling)
{
    private readonly double[] _sum = new double[model.Configuration.HiddenWidth];
    private long _tokens;

    /// <summary>Refuses a pooling that does not suit a model.</summary>
    /// <exception cref="InputException">The first token of a causal model has not read the text.</exception>
    public static void Check(LanguageModel model, EmbeddingPooling pooling) => Require.That(
        pooling != EmbeddingPooling.First || !model.Configuration.IsCausal,
        "the pooling is that of the first token, which has read the text only in a model that reads in both directions; choose mean or last", [new("task.pooling")]);

    /// <summary>Takes the hidden states of the last segment of a session, of one stream.</summary>
    public void Add(InferenceSession session, int tokens)
    {
        Add(session.Hidden.Span, tokens);
        GC.KeepAlive(session);
    }

    /// <summary>Takes hidden states (T, d); for <see cref="EmbeddingPooling.Last"/> the last of them counts.</summary>
    public void Add(ReadOnlySpan<float> states, int tokens)
    {
        if (pooling == EmbeddingPooling.Last)
        {
            Array.Clear(_sum);
            states = states[^_sum.Length..];
        }

        if (pooling == EmbeddingPooling.First)
        {
            states = _tokens == 0 ? states[.._sum.Length] : [];
        }

        for (int i = 0; i < states.Length; i++)
        {
            _sum[i % _sum.Length] += states[i];
        }

        _tokens += tokens;
    }

    /// <summary>The vector (d).</summary>
    /// <param name="normalizes">Whether its length is 1.</param>
    /// <exception cref="NotFiniteException">A value is not finite.</exception>
    public float[] Result(bool normalizes)
    {
        double scale = 1.0 / (pooling == EmbeddingPooling.Mean ? _tokens : 1);
        if (normalizes)
        {
            double length = Math.Sqrt(_sum.Sum(value => value * value));
            scale = length > 0 ? 1 / length : scale;
        }

        return _sum.All(double.IsFinite)
            ? [.. _sum.Select(value => (float)(value * scale))]
            : throw new NotFiniteException($"the embedding of the text is not finite; {WeightHealth.Describe(model)}");
    }
}
