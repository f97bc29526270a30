namespace TransformerXL.Inference.Serving;

/// <summary>Changes logits before a token is drawn: bias by token, and penalties for tokens that the continuation has written.</summary>
internal sealed class TokenAdjustments(GenerationRequest request, IReadOnlyList<int> endings)
{
    private readonly Dictionary<int, int>? _written = request.PresencePenalty != 0 || request.FrequencyPenalty != 0 ? [] : null;
    private long _count;

    public void Apply(Span<float> logits)
    {
        foreach ((int token, double bias) in request.LogitBias)
        {
            logits[token] += (float)bias;
        }

        foreach ((int token, int count) in _written ?? [])
        {
            logits[token] -= (float)(request.PresencePenalty + (request.FrequencyPenalty * count));
        }

        if (_count < request.MinTokens)
        {
            foreach (int token in endings)
            {
                logits[token] = float.NegativeInfinity;
            }
        }
    }

    public void Note(int token)
    {
        _count++;
        if (_written is not null)
        {
            _written[token] = _written.GetValueOrDefault(token) + 1;
        }
    }
}
