using TransformerXL.Tensors;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Reference;

/// <summary>
/// One query of one head and stream, with
/// score(i, j) = ((q_i + u) . k_j + (q_i + v) . r_{i-j} + b_{i-j} + g_i [s_i != s_j]) / sqrt(d_h); what is missing of r, u, v, b, g counts as zero.
/// </summary>
internal sealed class ReferenceQuery
{
    private readonly AttentionTensors _tensors;
    private readonly DropoutOracle _dropout;
    private readonly int _stream, _head, _query;

    private ReferenceQuery(in AttentionTensors tensors, DropoutOracle dropout, int stream, int head, int query, int[] keys)
    {
        (_tensors, _dropout, _stream, _head, _query, Keys) = (tensors, dropout, stream, head, query, keys);
    }

    /// <summary>The keys that it sees; at least one.</summary>
    public int[] Keys { get; }

    public int HeadSize => Width / _tensors.Heads;

    public double Scale => 1 / Math.Sqrt(HeadSize);

    /// <summary>Its first number in queries and output.</summary>
    public int Place => (((_query * Streams) + _stream) * Width) + (_head * HeadSize);

    /// <summary>Its place in the logarithms of the denominators, and its row of dropout.</summary>
    public int Row => (((_stream * _tensors.Heads) + _head) * _tensors.Queries.Shape[0]) + _query;

    /// <summary>The first number of its head in u and v.</summary>
    public int BiasPlace => _head * HeadSize;

    private int Width => _tensors.Queries.Shape.Columns;

    private int Streams => _tensors.Queries.Shape[1];

    /// <summary>All queries that see a key.</summary>
    public static IEnumerable<ReferenceQuery> All(AttentionTensors tensors, DropoutOracle dropout)
    {
        int queries = tensors.Queries.Shape[0], keys = tensors.KeysValues.Shape[0];
        for (int stream = 0; stream < tensors.Queries.Shape[1]; stream++)
        {
            int ownQueries = tensors.Visibility.QueriesOf(stream, queries), ownKeys = tensors.Visibility.KeysOf(stream, queries, keys);
            for (int query = 0; query < ownQueries; query++)
            {
                int[] seen = Seen(tensors.Visibility, stream, ownQueries, ownKeys, query);
                for (int head = 0; head < tensors.Heads && seen.Length > 0; head++)
                {
                    yield return new ReferenceQuery(tensors, dropout, stream, head, query, seen);
                }
            }
        }
    }

    public double Score(int j)
    {
        double score = _tensors.DistanceBias.IsEmpty ? 0 : _tensors.DistanceBias.Span[DistanceBiasPlace(j)];
        score += IsOfAnotherText(j) ? _tensors.SegmentScores.Span[SegmentPlace] : 0;
        for (int c = 0; c < HeadSize; c++)
        {
            score += (ContentQuery(c) * Key(j, c)) + (PositionQuery(c) * Relative(j, c));
        }

        return score * Scale;
    }

    /// <summary>Its place in the segment scores.</summary>
    public int SegmentPlace => (((_query * Streams) + _stream) * _tensors.Heads) + _head;

    /// <summary>Whether a key is of another text than that at its own place.</summary>
    public bool IsOfAnotherText(int j) =>
        _tensors.Segments is { } segments && segments.TextOf(_stream, j) != segments.TextOf(_stream, _tensors.KeysValues.Shape[0] - _tensors.Queries.Shape[0] + _query);

    /// <summary>The weight of a key after dropout.</summary>
    public double Drop(double weight, int j) => _dropout.Apply(weight, ((long)Row * _tensors.KeysValues.Shape[0]) + j);

    /// <summary>q + u.</summary>
    public double ContentQuery(int c) => _tensors.Queries.Span[Place + c] + (_tensors.ContentBias.IsEmpty ? 0.0 : _tensors.ContentBias.Span[BiasPlace + c]);

    /// <summary>q + v.</summary>
    public double PositionQuery(int c) => _tensors.Queries.Span[Place + c] + (_tensors.PositionBias.IsEmpty ? 0.0 : _tensors.PositionBias.Span[BiasPlace + c]);

    public double Key(int j, int c) => _tensors.KeysValues.Span[KeyPlace(j) + c];

    public double Value(int j, int c) => _tensors.KeysValues.Span[ValuePlace(j) + c];

    public double Relative(int j, int c) => _tensors.Relative.IsEmpty ? 0 : _tensors.Relative.Span[RelativePlace(j) + c];

    public int KeyPlace(int j) => (((j * Streams) + _stream) * 2 * Width) + (_head * HeadSize);

    public int ValuePlace(int j) => KeyPlace(j) + Width;

    /// <summary>Row p of r belongs to the distance K - 1 - p, which is K - L + i - j.</summary>
    public int RelativePlace(int j) => (Distance(j) * Width) + (_head * HeadSize);

    public int DistanceBiasPlace(int j) => (Distance(j) * _tensors.Heads) + _head;

    private int Distance(int j) => _tensors.Queries.Shape[0] - 1 - _query + j;

    private static int[] Seen(Visibility visibility, int stream, int queries, int keys, int query)
    {
        KeyRange[] ranges = new KeyRange[visibility.MaxBlocks];
        int count = visibility.RangesOf(queries, keys, query, ranges);
        return [.. ranges.Take(count).SelectMany(range => Enumerable.Range(range.First, range.Count)).Where(key => !IsHidden(visibility, stream, query, key - (keys - queries))).Order()];
    }

    /// <summary>Whether ranks hide the key at a place of the segment, which is below 0 in the memory.</summary>
    private static bool IsHidden(Visibility visibility, int stream, int query, int place)
    {
        if (!visibility.HasRanks || place < 0)
        {
            return false;
        }

        int rank = visibility.Ranks[(place * visibility.RankStreams) + stream], own = visibility.Ranks[(query * visibility.RankStreams) + stream];
        return rank > own || (rank == own && !visibility.SeesOwnRank);
    }
}
