using TransformerXL.Tensors;

namespace TransformerXL.Inference.Sampling;

/// <summary>
/// Draws tokens from logits as <see cref="SamplingOptions"/> say. Deterministic: the same logits, history and uniform
/// numbers give the same tokens. Allocates nothing after construction; memory is 12 bytes per vocabulary entry, and 4
/// more with a repetition window.
/// </summary>
/// <remarks>
/// Top-k, top-p and min-p each keep the first tokens of one ranking (higher logit first, lower id first among equal
/// ones). So all three come down to the last token kept; the draw then walks the kept tokens in the order of their ids.
/// </remarks>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly int? _excluded;
    private readonly double[] _weights;
    private readonly RankHeap _heap;
    private readonly TokenHistory _history;

    /// <summary>Creates a sampler with an empty history.</summary>
    /// <param name="options">How to draw.</param>
    /// <param name="vocabularySize">V, the number of logits.</param>
    /// <param name="excludedToken">A token that is never drawn (such as the unknown one), or null.</param>
    /// <exception cref="InputException">An option is out of range.</exception>
    public Sampler(SamplingOptions options, int vocabularySize, int? excludedToken = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabularySize);
        if (excludedToken is < 0 || excludedToken >= vocabularySize)
        {
            throw new ArgumentOutOfRangeException(nameof(excludedToken), excludedToken, $"Not a token of a vocabulary of {vocabularySize}.");
        }

        _options = options;
        _excluded = excludedToken;
        _weights = new double[vocabularySize];
        _heap = new RankHeap(vocabularySize);
        _history = new TokenHistory(Window, vocabularySize);
    }

    private Sampler(Sampler other)
    {
        (_options, _excluded) = (other._options, other._excluded);
        _weights = new double[other._weights.Length];
        _heap = new RankHeap(_weights.Length);
        _history = other._history.Copy();
    }

    /// <summary>How many of the last tokens matter: 0 without a penalty.</summary>
    internal int Window => _options.RepetitionPenalty == 1 ? 0 : _options.RepetitionWindow;

    /// <summary>Notes a token of the prompt for the repetition penalty; drawn tokens are noted by <see cref="Next"/>.</summary>
    public void Observe(int token)
    {
        if (token < 0 || token >= _weights.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(token), token, $"Not a token of a vocabulary of {_weights.Length}.");
        }

        _history.Add(token);
    }

    /// <summary>A sampler with the same options that has seen the same tokens and goes on independently.</summary>
    public Sampler Fork() => new(this);

    /// <summary>Forgets all tokens seen.</summary>
    public void Reset() => _history.Clear();

    /// <summary>Draws the next token and notes it for the repetition penalty.</summary>
    /// <param name="logits">Unnormalised log-probabilities <c>(V)</c>; minus infinity excludes a token. Overwritten.</param>
    /// <param name="uniform">A uniform random number, at least 0 and below 1.</param>
    /// <returns>The token's id.</returns>
    /// <exception cref="ArgumentException">Not V logits.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="uniform"/> is out of range.</exception>
    /// <exception cref="ArithmeticException">A logit is not a number or plus infinity, or every token is excluded.</exception>
    public int Next(Span<float> logits, double uniform)
    {
        if (logits.Length != _weights.Length)
        {
            throw new ArgumentException($"{logits.Length} logits for a vocabulary of {_weights.Length}.", nameof(logits));
        }

        if (uniform is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(uniform), uniform, "A uniform number is at least 0 and below 1.");
        }

        if (_excluded is int excluded)
        {
            logits[excluded] = float.NegativeInfinity;
        }

        _history.Penalise(logits, _options.RepetitionPenalty);
        int likeliest = Likeliest(logits);
        int token = _options.Temperature == 0 ? likeliest : Draw(logits, likeliest, uniform);
        _history.Add(token);
        return token;
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = -1;
        float highest = float.NegativeInfinity;
        for (int token = 0; token < logits.Length; token++)
        {
            float logit = logits[token];
            if (float.IsNaN(logit) || float.IsPositiveInfinity(logit))
            {
                throw new ArithmeticException($"The logit of token {token} is {logit}.");
            }

            if (logit > highest)
            {
                highest = logit;
                best = token;
            }
        }

        return best >= 0 ? best : throw new ArithmeticException($"Every one of {logits.Length} tokens is excluded: there is nothing to draw from.");
    }

    private int Draw(ReadOnlySpan<float> logits, int likeliest, double uniform)
    {
        double total = Exponentiate(logits, likeliest);
        int last = _options.TopK == 0 && _options.TopP == 1 && _options.MinP == 0 ? -1 : LastKept(logits, total);
        if (last >= 0)
        {
            total = Drop(logits, last);
        }

        double point = uniform * total;
        double sum = 0;
        int token = likeliest;
        for (int candidate = 0; candidate < _weights.Length; candidate++)
        {
            if (_weights[candidate] > 0)
            {
                token = candidate;
                sum += _weights[candidate];
                if (sum > point)
                {
                    break;
                }
            }
        }

        return token;
    }

    /// <summary>Weights relative to the likeliest token, whose weight is exactly 1; returns their sum.</summary>
    private double Exponentiate(ReadOnlySpan<float> logits, int likeliest)
    {
        double highest = logits[likeliest];
        double total = 0;
        for (int token = 0; token < logits.Length; token++)
        {
            double weight = PortableMath.Exp((logits[token] - highest) / _options.Temperature);
            _weights[token] = weight;
            total += weight;
        }

        return total;
    }

    /// <summary>The last token that top-k, top-p and min-p keep.</summary>
    private int LastKept(ReadOnlySpan<float> logits, double total)
    {
        _heap.Build(logits);
        int limit = _options.TopK == 0 ? logits.Length : Math.Min(_options.TopK, logits.Length);
        if (limit < logits.Length && _options.TopP < 1)
        {
            // Top-p measures what top-k left.
            total = 0;
            for (int rank = 0; rank < limit; rank++)
            {
                total += _weights[_heap.At(logits, rank)];
            }
        }

        int last = _heap.At(logits, 0);
        double sum = _weights[last];
        for (int rank = 1; rank < limit && (_options.TopP == 1 || sum < _options.TopP * total); rank++)
        {
            int next = _heap.At(logits, rank);
            if (_weights[next] < _options.MinP || _weights[next] == 0)
            {
                break;
            }

            last = next;
            sum += _weights[next];
        }

        return last;
    }

    /// <summary>Sets the weights of all tokens after <paramref name="last"/> to 0; returns the sum of the others.</summary>
    private double Drop(ReadOnlySpan<float> logits, int last)
    {
        double total = 0;
        for (int token = 0; token < logits.Length; token++)
        {
            if (RankHeap.IsBefore(logits, last, token))
            {
                _weights[token] = 0;
            }

            total += _weights[token];
        }

        return total;
    }
}
