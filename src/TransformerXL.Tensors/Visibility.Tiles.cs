using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.RelativeAttention;

namespace TransformerXL.Tensors;

/// <content>Queries by kernels: the keys of a tile, and of each query inside it, for a stream of given lengths.</content>
public readonly partial struct Visibility
{
    /// <summary>Blocks of keys that a tile can have at most.</summary>
    internal int MaxBlocks => 1 + (2 * (_globalRuns?.Length ?? 0));

    /// <summary>Queries of a stream.</summary>
    internal int QueriesOf(int stream, int queries) => HasLengths ? _queryLengths.Span[stream] : queries;

    /// <summary>Keys of a stream.</summary>
    internal int KeysOf(int stream, int queries, int keys) =>
        !HasLengths ? keys : IsCross ? _keyLengths.Span[stream] : keys - queries + _queryLengths.Span[stream];

    /// <summary>
    /// One past the last query of the tile that begins at <paramref name="first"/>. A tile ends before queries that see
    /// everything, and before a block of queries whose keys are separate from those of the previous block.
    /// </summary>
    internal int TileEnd(int queries, int keys, int first, int maxCount)
    {
        int end = Math.Min(queries, first + maxCount), memory = keys - queries;
        foreach (KeyRange run in _globalRuns.AsSpan())
        {
            if (run.Contains(memory + first))
            {
                return Math.Min(end, run.End - memory);
            }

            end = run.First > memory + first ? Math.Min(end, run.First - memory) : end;
        }

        for (int next = NextBlock(first); _form == Form.Blocks && next < end; next += _blockSize)
        {
            KeyRange before = Own(queries, keys, next - 1), after = Own(queries, keys, next);
            if (after.First > before.End || before.First > after.End)
            {
                return next;
            }
        }

        return end;
    }

    /// <summary>
    /// Writes the blocks of keys that queries [first, end) see and returns their number: first the hull of the queries' own
    /// ranges, then runs of global positions before and after them. Blocks may overlap; the parts that one query sees do not.
    /// </summary>
    internal int BlocksOf(int queries, int keys, int first, int end, Span<KeyBlock> blocks)
    {
        int count = 0, hullFirst = keys, hullEnd = 0, maxFirst = 0, minEnd = keys;
        for (int query = first; query < end; query = NextChange(query, end))
        {
            KeyRange own = Own(queries, keys, query);
            (maxFirst, minEnd) = (Math.Max(maxFirst, own.First), Math.Min(minEnd, own.End));
            if (own.Count > 0)
            {
                (hullFirst, hullEnd) = (Math.Min(hullFirst, own.First), Math.Max(hullEnd, own.End));
            }
        }

        if (hullEnd > hullFirst)
        {
            blocks[count++] = new KeyBlock(hullFirst, hullEnd, KeySide.Own);
        }

        foreach (KeyRange positions in _globalRuns.AsSpan())
        {
            KeyRange run = positions.Below(keys);
            if (run.Count > 0 && run.First < maxFirst)
            {
                blocks[count++] = new KeyBlock(run.First, Math.Min(run.End, maxFirst), KeySide.Before);
            }

            if (run.Count > 0 && run.End > minEnd)
            {
                blocks[count++] = new KeyBlock(Math.Max(run.First, minEnd), run.End, KeySide.After);
            }
        }

        return count;
    }

    /// <summary>The keys of a block that one query of the tile sees, which may be none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal KeyRange Seen(int queries, int keys, in KeyBlock block, int query) => _form == Form.Band && _globalRuns is null
        ? Band(keys - queries + query, keys)
        : SeenOfBlock(queries, keys, block, query);

    /// <summary>Writes the ranges of keys that one query sees, which do not overlap, and returns their number.</summary>
    internal int RangesOf(int queries, int keys, int query, Span<KeyRange> ranges)
    {
        KeyRange own = Own(queries, keys, query);
        int count = 0;
        if (own.Count > 0)
        {
            ranges[count++] = own;
        }

        foreach (KeyRange positions in _globalRuns.AsSpan())
        {
            KeyRange run = positions.Below(keys), before = run with { End = Math.Min(run.End, own.First) }, after = run with { First = Math.Max(run.First, own.End) };
            if (before.Count > 0)
            {
                ranges[count++] = before;
            }

            if (after.Count > 0)
            {
                ranges[count++] = after;
            }
        }

        return count;
    }

    /// <summary>The rank of each place of a segment in each stream; empty for none.</summary>
    internal ReadOnlySpan<int> Ranks => _ranks.Span;

    /// <summary>Whether a query sees keys of its own rank.</summary>
    internal bool SeesOwnRank => _seesOwnRank;

    /// <summary>The streams that the ranks are of.</summary>
    internal int RankStreams => _streams;

    /// <summary>Replaces the values of the keys in a range that ranks hide from a query.</summary>
    /// <param name="values">The value of the first key of the range, and those of the others.</param>
    /// <param name="seen">The range.</param>
    /// <param name="memory">Keys of the memory.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="query">The query.</param>
    /// <param name="value">What takes the place of hidden values.</param>
    internal void Hide(Span<float> values, KeyRange seen, int memory, int stream, int query, float value)
    {
        ReadOnlySpan<int> ranks = _ranks.Span;
        int own = ranks[(query * _streams) + stream] + (_seesOwnRank ? 1 : 0);
        for (int key = Math.Max(seen.First, memory), place = ((key - memory) * _streams) + stream; key < seen.End; key++, place += _streams)
        {
            if (ranks[place] >= own)
            {
                values[key - seen.First] = value;
            }
        }
    }

    /// <summary>The last key of the largest range or position, for a check; -1 if there is none.</summary>
    internal int MaxKey()
    {
        int end = 0;
        foreach (KeyRange range in _ranges.AsSpan())
        {
            end = Math.Max(end, range.End);
        }

        return Math.Max(end, _globalRuns is null ? 0 : _globalRuns[^1].End) - 1;
    }

    /// <summary>Queries that the ranges of blocks cover.</summary>
    internal long CoveredQueries() => _ranges is null ? int.MaxValue : (long)_ranges.Length * _blockSize;

    /// <summary>The lengths of queries, and those of keys if they are given separately.</summary>
    internal (ReadOnlyMemory<int> Queries, ReadOnlyMemory<int> Keys) Lengths() => (_queryLengths, _keyLengths);

    /// <summary>The keys that a query sees in addition to global positions; all keys if it is at a global position.</summary>
    private KeyRange Own(int queries, int keys, int query)
    {
        int place = keys - queries + query;
        if (_form == Form.Cross || (_globalRuns is not null && IsGlobal(place)))
        {
            return new KeyRange(0, keys);
        }

        if (_form == Form.Blocks)
        {
            return _ranges![query / _blockSize].Below(keys);
        }

        return Band(place, keys);
    }

    private KeyRange Band(int place, int keys)
    {
        int first = Before >= place ? 0 : place - Before;
        return new KeyRange(first, _after >= keys - 1 - place ? keys : place + _after + 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private KeyRange SeenOfBlock(int queries, int keys, in KeyBlock block, int query)
    {
        KeyRange own = Own(queries, keys, query);
        return block.Side switch
        {
            KeySide.Own => own,
            KeySide.Before => new KeyRange(block.First, Math.Max(block.First, Math.Min(block.End, own.First))),
            _ => new KeyRange(Math.Min(block.End, Math.Max(block.First, own.End)), block.End),
        };
    }

    private bool IsGlobal(int place)
    {
        foreach (KeyRange run in _globalRuns.AsSpan())
        {
            if (run.Contains(place))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The next query whose own range the hull of a tile must include; for a band the first and the last query are enough.</summary>
    private int NextChange(int query, int end) => _form switch
    {
        Form.Band => query < end - 1 ? end - 1 : end,
        Form.Blocks => NextBlock(query),
        _ => end,
    };

    private int NextBlock(int query) => _form == Form.Blocks ? ((query / _blockSize) + 1) * _blockSize : query;
}
