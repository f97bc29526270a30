namespace TransformerXL.Interchange.PyTorch;

/// <summary>
/// A dictionary in the order of the file. Number and text keys are compared by value; any other key only by
/// reference, because comparing nested tuples of a malicious file could take forever.
/// </summary>
internal sealed class TorchDictionary : IEqualityComparer<TorchValue>
{
    /// <summary>Up to this number of pairs there is no index.</summary>
    public const int SearchedInOrder = 8;

    private readonly List<KeyValuePair<TorchValue, TorchValue>> _pairs = [];
    private Dictionary<TorchValue, int>? _index;

    public List<KeyValuePair<TorchValue, TorchValue>> Pairs => _pairs;

    /// <summary>Attributes that were set on it, for example the <c>_metadata</c> of a state dictionary.</summary>
    public TorchValue? State { get; set; }

    public TorchValue? Find(TorchValue key)
    {
        int at = IndexOf(key);
        return at < 0 ? null : _pairs[at].Value;
    }

    public void Put(TorchValue key, TorchValue value)
    {
        int at = IndexOf(key);
        if (at >= 0)
        {
            _pairs[at] = new(_pairs[at].Key, value);
            return;
        }

        _index?.Add(key, _pairs.Count);
        _pairs.Add(new(key, value));
        if (_index is null && _pairs.Count > SearchedInOrder)
        {
            _index = new Dictionary<TorchValue, int>(this);
            for (int i = 0; i < _pairs.Count; i++)
            {
                _index.Add(_pairs[i].Key, i);
            }
        }
    }

    bool IEqualityComparer<TorchValue>.Equals(TorchValue? x, TorchValue? y) => x!.IsSameKey(y!);

    int IEqualityComparer<TorchValue>.GetHashCode(TorchValue value) => value.KeyHash();

    private int IndexOf(TorchValue key)
    {
        if (_index is not null)
        {
            return _index.TryGetValue(key, out int at) ? at : -1;
        }

        for (int i = 0; i < _pairs.Count; i++)
        {
            if (_pairs[i].Key.IsSameKey(key))
            {
                return i;
            }
        }

        return -1;
    }
}
