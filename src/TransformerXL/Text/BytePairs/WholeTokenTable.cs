using System.Numerics;

namespace TransformerXL.Text.BytePairs;

/// <summary>Finds the ordinary token whose bytes are a whole pre-token, by hashing with open addressing.</summary>
internal sealed class WholeTokenTable
{
    private readonly PreTokenHash _hash = new();
    private readonly byte[][] _tokens;
    private readonly int[] _ids;
    private readonly int[] _places;

    /// <param name="tokens">The bytes of the tokens by id.</param>
    /// <param name="isOrdinary">Whether the token of an id is included.</param>
    public WholeTokenTable(byte[][] tokens, Func<int, bool> isOrdinary)
    {
        _tokens = tokens;
        _ids = [.. Enumerable.Range(0, tokens.Length)];
        _places = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(tokens.Length, 1) * 2)];
        for (int id = 0; id < tokens.Length; id++)
        {
            if (isOrdinary(id))
            {
                _places[PlaceOf(tokens[id])] = id + 1;
            }
        }
    }

    /// <summary>The id of a token, as a span with one element.</summary>
    public bool TryGet(ReadOnlySpan<byte> preToken, out ReadOnlySpan<int> id)
    {
        int found = _places[PlaceOf(preToken)] - 1;
        id = found < 0 ? default : _ids.AsSpan(found, 1);
        return found >= 0;
    }

    private int PlaceOf(ReadOnlySpan<byte> bytes)
    {
        int place = (int)_hash.Of(bytes) & (_places.Length - 1);
        while (_places[place] != 0 && !bytes.SequenceEqual(_tokens[_places[place] - 1]))
        {
            place = (place + 1) & (_places.Length - 1);
        }
        return place;
    }
}
