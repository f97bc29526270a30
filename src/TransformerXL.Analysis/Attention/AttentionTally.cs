using TransformerXL.Models;

namespace TransformerXL.Analysis.Attention;

/// <summary>Sums attention over segments. One task sums each head in the order of the text, so that sums do not depend on the number of threads.</summary>
internal sealed class AttentionTally
{
    private readonly AttentionOptions _options;
    private readonly AttentionTerm[] _terms;
    private readonly HeadSums[] _sums;
    private readonly long[] _seen;
    private readonly List<AttentionTarget> _targets = [];
    private readonly ParallelOptions _parallel;
    private readonly int _heads, _after;
    private readonly bool _isCausal;

    public AttentionTally(AttentionConfiguration model, AttentionOptions options, int threads)
    {
        _options = options;
        _heads = model.Heads;
        _terms = HeadScores.TermsOf(model);
        _isCausal = model.IsCausal;
        _after = _isCausal ? 0 : Math.Min(options.Positions, options.Context.TargetLength) - 1;
        _sums = [.. Enumerable.Range(0, model.Layers * model.Heads).Select(_ => new HeadSums(_terms.Length, _after + options.Positions))];
        _seen = new long[_after + options.Positions + 1];
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
    }

    /// <summary>Queries summed so far.</summary>
    public long Queries { get; private set; }

    /// <summary>Adds a segment.</summary>
    /// <param name="trace">Queries, keys and values of its forward pass.</param>
    /// <param name="window">Its tokens.</param>
    /// <param name="remembered">M: rows of memory before it.</param>
    /// <param name="targetRows">Rows whose own attention is stored.</param>
    public void Add(ForwardTrace trace, SegmentWindow window, int remembered, int[] targetRows)
    {
        int keys = remembered + window.Count;
        int[] following = [.. Enumerable.Range(0, window.Count).Select(row => _isCausal ? 0 : window.Count - 1 - row)];
        int[] visible = [.. Enumerable.Range(0, window.Count).Select(row => Visible(remembered + row) + following[row])];
        float[][] kept = [.. targetRows.Select(row => new float[_sums.Length * visible[row]])];
        Parallel.For(0, _sums.Length, _parallel, () => new Scratch(keys), AddHead, _ => { });
        for (int row = 0; row < visible.Length; row++)
        {
            // Distances between the first and the last were seen once more: only both ends are recorded here, and <c>ToMap</c> computes cumulative sums.
            int first = _after - following[row];
            _seen[Math.Max(0, first)]++;
            _seen[Math.Min(first + visible[row], _seen.Length - 1)]--;
        }

        Queries += window.Count;
        if (_options.Targets.Count == 0 && targetRows.Length > 0)
        {
            _targets.Clear();
        }

        _targets.AddRange(targetRows.Select((row, i) => new AttentionTarget(
            window.Start + row, window.Next(row), window.Context(row, visible[row], following[row]), following[row], _heads, kept[i])));

        Scratch AddHead(int index, ParallelLoopState state, Scratch scratch)
        {
            scratch.Scores.Begin(trace.Attention[index / _heads], index % _heads, _heads);
            for (int row = 0; row < visible.Length; row++)
            {
                scratch.Scores.Query(row, MaxDistance, following[row]);
                Span<float> probabilities = scratch.Probabilities.AsSpan(0, visible[row]);
                _sums[index].Add(scratch.Scores, probabilities, scratch.Alone.AsSpan(0, visible[row]), _after - following[row]);
                if (Array.IndexOf(targetRows, row) is >= 0 and var target)
                {
                    probabilities.CopyTo(kept[target].AsSpan(index * visible[row]));
                }
            }

            return scratch;
        }
    }

    /// <summary>The means of all added segments.</summary>
    public AttentionMap ToMap()
    {
        long[] seen = [.. _seen];
        for (int i = 1; i < seen.Length; i++)
        {
            seen[i] += seen[i - 1];
        }

        return new AttentionMap(_options, _after, _isCausal, _terms, _heads, _sums, seen, Queries, [.. _targets]);
    }

    private int MaxDistance => _isCausal ? _options.Context.MaxDistance : int.MaxValue;

    private int Visible(int own) => (int)Math.Min(own + 1L, MaxDistance + 1L);

    private sealed class Scratch(int keys)
    {
        public HeadScores Scores { get; } = new(keys);

        public float[] Probabilities { get; } = new float[keys];

        public float[] Alone { get; } = new float[keys];
    }
}
