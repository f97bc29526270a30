namespace TransformerXL.Inference.Serving;

/// <summary>The checkpoints of one prompt: where one is found, and where new ones are kept.</summary>
internal sealed class PromptCheckpoints
{
    /// <summary>The state at the end of a shorter prompt is not worth its place.</summary>
    private const int MinPrompt = 32;

    // Of a long text only some are kept, so that it does not displace everything else: the last ones, and others at about equal distances.
    private const int KeptBefore = 8, KeptLast = 4;

    private readonly PromptTokens _prompt;
    private readonly int _chunk;
    private readonly PrefixKey[] _keys;
    private readonly PrefixKey _end;
    private readonly List<int> _own = [];

    /// <summary>Computes the keys of all places where a checkpoint can be.</summary>
    public PromptCheckpoints(PromptTokens prompt, string client, int chunk)
    {
        (_prompt, _chunk) = (prompt, chunk);
        ReadOnlySpan<int> ids = prompt.Ids;
        // Behind the last of these places at least one token is left, whose state is computed anew.
        _keys = new PrefixKey[1 + ((ids.Length - 1) / chunk)];
        _keys[0] = PrefixCache.Begin(client);
        for (int k = 1; k < _keys.Length; k++)
        {
            _keys[k] = PrefixCache.Next(_keys[k - 1], ids.Slice((k - 1) * chunk, chunk), isEnd: false);
        }

        _end = PrefixCache.Next(_keys[^1], ids[((_keys.Length - 1) * chunk)..], isEnd: true);
    }

    /// <summary>Goes on from the last checkpoint there is.</summary>
    /// <returns>The tokens that need not be read, the start token included; 0 if there is none.</returns>
    public int Resume(PrefixCache cache, InferenceSession session)
    {
        if (cache.Find(_end) is { } whole)
        {
            session.Assign(whole);
            return _prompt.Ids.Length;
        }

        for (int k = _keys.Length - 1; k > 0; k--)
        {
            if (cache.Find(_keys[k]) is { } part)
            {
                session.Assign(part);
                return k * _chunk;
            }
        }

        return 0;
    }

    /// <summary>Keeps the state after a chunk, if it is one of those to be kept.</summary>
    public void Keep(PrefixCache cache, InferenceSession session, long interval)
    {
        if (_prompt.IsRead)
        {
            if (_prompt.Read >= MinPrompt)
            {
                cache.Add(_end, session);
            }

            return;
        }

        int k = _prompt.Read / _chunk;
        if (_prompt.Read % interval == 0 || k == _keys.Length - 1)
        {
            cache.Add(_keys[k], session);
            _own.Add(k);
            if (_own.Count > KeptBefore + KeptLast)
            {
                int dispensable = Enumerable.Range(0, KeptBefore + 1).MinBy(i => _own[i + 1] - (i == 0 ? 0 : _own[i - 1]));
                cache.Remove(_keys[_own[dispensable]]);
                _own.RemoveAt(dispensable);
            }
        }
    }
}
