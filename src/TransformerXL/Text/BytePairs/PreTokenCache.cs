namespace TransformerXL.Text.BytePairs;

/// <summary>A cache of encoded short pre-tokens: a table of fixed size in which newer pre-tokens replace older ones.</summary>
internal sealed class PreTokenCache
{
    private const int Places = 1 << 15;
    private const int LongestPreToken = 24;
    private const int MaxIds = 8;

    private readonly PreTokenHash _hash = new();
    private readonly byte[] _lengths = new byte[Places];
    private readonly byte[] _idCounts = new byte[Places];
    private readonly byte[] _preTokens = GC.AllocateUninitializedArray<byte>(Places * LongestPreToken);
    private readonly int[] _ids = GC.AllocateUninitializedArray<int>(Places * MaxIds);

    /// <summary>The ids of a cached pre-token.</summary>
    public bool TryGet(ReadOnlySpan<byte> preToken, out ReadOnlySpan<int> ids)
    {
        ids = default;
        if (preToken.Length > LongestPreToken)
        {
            return false;
        }
        int place = PlaceOf(preToken);
        if (_lengths[place] != preToken.Length || !preToken.SequenceEqual(_preTokens.AsSpan(place * LongestPreToken, preToken.Length)))
        {
            return false;
        }
        ids = _ids.AsSpan(place * MaxIds, _idCounts[place]);
        return true;
    }

    public void Set(ReadOnlySpan<byte> preToken, ReadOnlySpan<int> ids)
    {
        if (preToken.Length > LongestPreToken || ids.Length > MaxIds)
        {
            return;
        }
        int place = PlaceOf(preToken);
        _lengths[place] = (byte)preToken.Length;
        _idCounts[place] = (byte)ids.Length;
        preToken.CopyTo(_preTokens.AsSpan(place * LongestPreToken));
        ids.CopyTo(_ids.AsSpan(place * MaxIds));
    }

    private int PlaceOf(ReadOnlySpan<byte> preToken) => (int)(_hash.Of(preToken) & (Places - 1));
}
