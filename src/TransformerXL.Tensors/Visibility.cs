namespace TransformerXL.Tensors;

/// <summary>
/// The keys that each query of an attention sees. With L queries and K keys, query i of self-attention is at key M + i, where
/// M = K - L is the number of keys of the memory, and
/// <code>
/// a_i = sum over the visible j of softmax_j(score(i, j)) v_j
/// </code>
/// A query that sees no key has a_i = 0. The default value is causal without a window.
/// </summary>
/// <remarks>
/// Attention kernels ask a visibility for the keys of a tile of queries and compute no others. The answer depends only on the
/// sizes of a stream, so that a stream has the same bits in any batch, padded or not, with any number of threads.
/// </remarks>
public readonly partial struct Visibility
{
    private readonly Form _form;

    // The complement makes the default value a window without a limit.
    private readonly int _beforeComplement;
    private readonly int _after;
    private readonly int _blockSize;
    private readonly KeyRange[]? _ranges;
    private readonly KeyRange[]? _globalRuns;
    private readonly ReadOnlyMemory<int> _queryLengths, _keyLengths;
    private readonly ReadOnlyMemory<int> _ranks;
    private readonly int _streams;
    private readonly bool _seesOwnRank;

    private Visibility(Form form, int before, int after, int blockSize = 0, KeyRange[]? ranges = null, KeyRange[]? globalRuns = null)
    {
        (_form, _beforeComplement, _after) = (form, int.MaxValue - before, after);
        (_blockSize, _ranges, _globalRuns) = (blockSize, ranges, globalRuns);
    }

    private Visibility(in Visibility pattern, ReadOnlyMemory<int> queryLengths, ReadOnlyMemory<int> keyLengths)
    {
        this = pattern;
        (_queryLengths, _keyLengths, HasLengths) = (queryLengths, keyLengths, true);
    }

    private Visibility(in Visibility pattern, ReadOnlyMemory<int> ranks, int streams, bool seesOwnRank)
    {
        this = pattern;
        (_ranks, _streams, _seesOwnRank) = (ranks, streams, seesOwnRank);
    }

    private enum Form
    {
        Band,
        Blocks,
        Cross,
    }

    /// <summary>Every query sees every key, before and after its own place (Vaswani et al. 2017, the encoder; Devlin et al. 2019).</summary>
    public static Visibility Bidirectional { get; } = new(Form.Band, int.MaxValue, int.MaxValue);

    /// <summary>
    /// Every query sees every key of another source; queries have no position among them (encoder-decoder attention, Vaswani et al.
    /// 2017, section 3.2.3). K may be any number. There are no relative positions.
    /// </summary>
    public static Visibility Cross { get; } = new(Form.Cross, int.MaxValue, int.MaxValue);

    /// <summary>Whether no query sees a key after its own place.</summary>
    public bool IsCausal => _form == Form.Band && _after == 0 && _globalRuns is null;

    /// <summary>Whether keys come from another source, so that queries have no position among them.</summary>
    public bool IsCross => _form == Form.Cross;

    /// <summary>Whether streams have individual lengths.</summary>
    public bool HasLengths { get; }

    /// <summary>Whether ranks hide keys.</summary>
    public bool HasRanks => _streams > 0;

    private int Before => int.MaxValue - _beforeComplement;

    /// <summary>
    /// Query i sees the keys M + i - <paramref name="window"/> to M + i (Dai et al. 2019; with a window, "same length" of the
    /// reference implementation).
    /// </summary>
    /// <param name="window">How many keys before its own a query sees; <see cref="int.MaxValue"/>: all of them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window is negative.</exception>
    public static Visibility Causal(int window = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(window);
        return new Visibility(Form.Band, window, 0);
    }

    /// <summary>
    /// Query i sees the keys M + i - <paramref name="before"/> to M + i + <paramref name="after"/>; keys at global positions are
    /// seen by all queries, and queries at these positions see all keys (sliding window with global attention: Beltagy et al. 2020,
    /// section 3.1).
    /// </summary>
    /// <param name="before">Keys before its own that a query sees; <see cref="int.MaxValue"/>: all of them.</param>
    /// <param name="after">Keys after its own that a query sees; <see cref="int.MaxValue"/>: all of them.</param>
    /// <param name="globalPositions">Keys, in any order. Neighbouring positions cost no more than one block of keys.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public static Visibility Window(int before, int after, params ReadOnlySpan<int> globalPositions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(before);
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        return new Visibility(Form.Band, before, after, globalRuns: Runs(globalPositions));
    }

    /// <summary>
    /// Queries [n S, (n + 1) S) see the keys of <c>ranges[n]</c>, with S = <paramref name="blockSize"/>; keys at global positions
    /// are seen by all queries, and queries at these positions see all keys (Beltagy et al. 2020; Zaheer et al. 2020). Neighbouring
    /// blocks whose ranges meet are computed together; keys between ranges that do not meet cost nothing.
    /// </summary>
    /// <param name="blockSize">S: queries of a block.</param>
    /// <param name="ranges">The keys of each block of queries, at least ceil(L / S) of them.</param>
    /// <param name="globalPositions">Keys, in any order.</param>
    /// <exception cref="ArgumentOutOfRangeException">The block size is below 1, or a position is negative.</exception>
    /// <exception cref="ArgumentException">A range begins below 0 or ends before it begins.</exception>
    public static Visibility Blocks(int blockSize, ReadOnlySpan<KeyRange> ranges, params ReadOnlySpan<int> globalPositions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        foreach (KeyRange range in ranges)
        {
            if (range.First < 0 || range.End < range.First)
            {
                throw new ArgumentException($"visibility: the keys from {range.First} to below {range.End} are not a range; give 0 <= First <= End", nameof(ranges));
            }
        }

        return new Visibility(Form.Blocks, 0, 0, blockSize, ranges.ToArray(), Runs(globalPositions));
    }

    /// <summary>
    /// The same for streams of different lengths: stream b has <c>lengths[b]</c> queries and M + <c>lengths[b]</c> keys, and rows
    /// after these do not exist. Outputs and gradients there are zero.
    /// </summary>
    /// <param name="lengths">(B), each from 0 to L. Not copied: must not change until the backward pass has ended.</param>
    /// <exception cref="InvalidOperationException">Keys come from another source, whose lengths must be given too.</exception>
    public Visibility WithLengths(ReadOnlyMemory<int> lengths) => IsCross
        ? throw new InvalidOperationException("visibility: keys from another source have lengths of their own; give the lengths of queries and of keys")
        : new Visibility(this, lengths, default);

    /// <summary>Cross attention of streams of different lengths; outputs and gradients of missing rows are zero.</summary>
    /// <param name="queryLengths">(B), each from 0 to L. Not copied.</param>
    /// <param name="keyLengths">(B), each from 0 to K. Not copied. A query of a stream without keys has the output 0.</param>
    /// <exception cref="InvalidOperationException">The visibility is that of self-attention.</exception>
    public Visibility WithLengths(ReadOnlyMemory<int> queryLengths, ReadOnlyMemory<int> keyLengths) => IsCross
        ? new Visibility(this, queryLengths, keyLengths)
        : throw new InvalidOperationException("visibility: in self-attention the lengths of the queries give those of the keys; give the lengths of the queries alone");

    /// <summary>
    /// The same without keys that come later in an order of the queries' own places (permutation language modelling, Yang et al. 2019, section 2.3): query i sees a key
    /// of the same segment only if its rank is below that of place i, or the same where <paramref name="seesOwnRank"/> is set. Keys of the memory have no ranks and stay visible.
    /// </summary>
    /// <param name="ranks">(L, B): the rank of each place, in any order. Not copied: must not change until the backward pass has ended.</param>
    /// <param name="streams">B.</param>
    /// <param name="seesOwnRank">Whether a query sees keys of its own rank, its own place among them.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no stream.</exception>
    /// <exception cref="InvalidOperationException">Keys come from another source, whose places have no ranks.</exception>
    public Visibility WithRanks(ReadOnlyMemory<int> ranks, int streams, bool seesOwnRank)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(streams, 1);
        return IsCross
            ? throw new InvalidOperationException("visibility: keys from another source have no ranks among the queries; use self-attention")
            : new Visibility(this, ranks, streams, seesOwnRank);
    }

    /// <summary>
    /// Rows of a table of relative positions: row p is for the distance i - j = K - 1 - p, counted from the place of the query.
    /// Causal attention has distances K - 1 to 0, so K rows; all other self-attention has K - 1 to -(L - 1), so K + L - 1 rows;
    /// cross attention has none.
    /// </summary>
    /// <param name="queries">L.</param>
    /// <param name="keys">K.</param>
    public int RelativeRows(int queries, int keys) => IsCross ? 0 : IsCausal ? keys : Math.Max(0, keys + queries - 1);

    private static KeyRange[]? Runs(ReadOnlySpan<int> positions)
    {
        int[] sorted = positions.ToArray();
        Array.Sort(sorted);
        List<KeyRange> runs = [];
        foreach (int position in sorted)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(position, nameof(positions));
            if (runs.Count > 0 && position <= runs[^1].End)
            {
                runs[^1] = new KeyRange(runs[^1].First, position + 1);
                continue;
            }

            runs.Add(new KeyRange(position, position + 1));
        }

        return runs.Count == 0 ? null : [.. runs];
    }
}
