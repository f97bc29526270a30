using TransformerXL.Heads;

namespace TransformerXL.Inference.Ordering;

/// <summary>
/// Predicts the label of each text from this text and those before it: the forward algorithm of a hidden Markov model (Rabiner 1989, section III.A), whose states are the labels. It keeps a few numbers for each label, whatever the
/// number of texts. For one thread at a time.
/// </summary>
/// <remarks>
/// With p(y | x), what the model predicts of a text alone, the probability s to stay, the weight w and the shares π_0 (<see cref="LabelOrder"/>), the probability a_t(y) that text t has label y after the texts 1 to t is
/// <code>
/// π_t(y) = (100 π_0(y) + p(y | x_1) + ... + p(y | x_t)) / (100 + t)
/// a_t(y) = c_t (s a_(t-1)(y) + (1 - s) π_t(y)) (p(y | x_t) / π_t(y))^w,   a_0 = π_1
/// </code>
/// where c_t makes the sum 1. The shares follow what the model expects of these texts: a label that it expects of most of them says little about any.
/// </remarks>
public sealed class LabelFilter
{
    private readonly LabelOrder _order;
    private readonly RunningShares _running;
    private readonly double[] _state, _shares, _evidence;
    private bool _hasRead;

    /// <summary>Creates a filter that has read nothing.</summary>
    /// <param name="order">How labels depend on each other.</param>
    /// <exception cref="InputException">A value is outside what is allowed.</exception>
    public LabelFilter(LabelOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        order.Validate();
        _order = order;
        _running = new RunningShares(order.Shares);
        _state = new double[order.Shares.Count];
        _shares = new double[order.Shares.Count];
        _evidence = new double[order.Shares.Count];
    }

    /// <summary>Forgets the texts so far: the next one begins a new sequence. The shares stay as they have become.</summary>
    public void Clear() => _hasRead = false;

    /// <summary>The prediction of the next text with those before it.</summary>
    /// <param name="alone">Its prediction alone, with a probability of each label whose sum is 1.</param>
    /// <exception cref="InputException">The prediction is not one label of the model that the values belong to.</exception>
    public Classification Next(Classification alone)
    {
        ArgumentNullException.ThrowIfNull(alone);
        RequireOneLabel(alone, _state.Length);
        _running.Add(alone, _shares, _evidence);
        for (int label = 0; label < _evidence.Length; label++)
        {
            _evidence[label] = Math.Exp(_order.Weight * _evidence[label]);
        }

        if (!_hasRead)
        {
            _shares.CopyTo(_state, 0);
            _hasRead = true;
        }

        Step(_state, _evidence, _shares, _order.Stay);
        LabelProbability[] probabilities = [.. alone.Probabilities.Select((label, i) => label with { Probability = _state[i] })];
        return alone with { Labels = [probabilities[Distribution.Best<double>(_state)].Label], Probabilities = probabilities };
    }

    /// <exception cref="InputException">A prediction is not one label of some.</exception>
    internal static void RequireOneLabel(Classification alone, int labels)
    {
        const double Rounding = 1e-3;
        Require.That(
            alone.Probabilities.Count == labels && alone.Number is null && Math.Abs(alone.Probabilities.Sum(label => label.Probability) - 1) < Rounding,
            $"labels of texts in order need a model that predicts one of {labels} labels of each text");
    }

    /// <summary>One step of the forward algorithm: a_t from a_(t-1).</summary>
    internal static void Step(Span<double> state, ReadOnlySpan<double> evidence, ReadOnlySpan<double> shares, double stay)
    {
        double sum = 0;
        for (int label = 0; label < state.Length; label++)
        {
            state[label] = ((stay * state[label]) + ((1 - stay) * shares[label])) * evidence[label];
            sum += state[label];
        }

        for (int label = 0; label < state.Length; label++)
        {
            state[label] /= sum;
        }
    }
}
