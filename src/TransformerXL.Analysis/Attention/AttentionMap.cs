using TransformerXL.Models;

namespace TransformerXL.Analysis.Attention;

/// <summary>What the heads of a model attend to, averaged over the tokens of a text (Dai et al. 2019, appendix D).</summary>
public sealed class AttentionMap
{
    private const double ReachShare = 0.8;

    private readonly HeadSums[] _sums;
    private readonly long[] _seen;

    /// <param name="options">How the text was read.</param>
    /// <param name="after">Distances recorded for tokens after a token.</param>
    /// <param name="isCausal">Whether a token sees none after it.</param>
    /// <param name="terms">The terms of the model's scores.</param>
    /// <param name="heads">Heads in a layer.</param>
    /// <param name="sums">The sums of each head, (N H).</param>
    /// <param name="seen">Number of queries that saw each distance.</param>
    /// <param name="queries">Number of queries in the sums.</param>
    /// <param name="targets">Tokens that were kept.</param>
    internal AttentionMap(
        AttentionOptions options, int after, bool isCausal, AttentionTerm[] terms, int heads, HeadSums[] sums, long[] seen, long queries, AttentionTarget[] targets)
    {
        (Context, Positions, Terms, Heads, Layers) = (options.Context, options.Positions, terms, heads, sums.Length / heads);
        (_sums, _seen, Queries, Targets, After, IsCausal) = (sums, seen, queries, targets, after, isCausal);
    }

    /// <summary>The lengths that the model was used with.</summary>
    public ContextConfiguration Context { get; }

    /// <summary>N.</summary>
    public int Layers { get; }

    /// <summary>H: heads in a layer.</summary>
    public int Heads { get; }

    /// <summary>n: attention is recorded separately for distances 0 to n - 1 before a token.</summary>
    public int Positions { get; }

    /// <summary>a: attention is also recorded for distances 1 to a after a token; 0 where a token sees none after it.</summary>
    public int After { get; }

    /// <summary>Whether a token sees none after it.</summary>
    public bool IsCausal { get; }

    /// <summary>Tokens whose attention was averaged.</summary>
    public long Queries { get; }

    /// <summary>The terms that the model's scores have.</summary>
    public IReadOnlyList<AttentionTerm> Terms { get; }

    /// <summary>Tokens whose own attention was kept, in the order of the text.</summary>
    public IReadOnlyList<AttentionTarget> Targets { get; }

    /// <summary>The mean attention of a head to each distance: (a + n), tokens after a token first, the farthest of all first. Sums to 1 if no visible distance is n or more.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    public double[] Mean(int layer, int head) => [.. SumsOf(layer, head).Attention.Select(sum => sum / Queries)];

    /// <summary>The mean over queries of the softmax of one term alone: (a + n), in the order of <see cref="Mean"/>.</summary>
    /// <param name="term">One of <see cref="Terms"/>.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    public double[] Alone(AttentionTerm term, int layer, int head) => [.. SumsOf(layer, head).Alone[IndexOf(term)].Select(sum => sum / Queries)];

    /// <summary>The mean of one term of the score, divided by sqrt(d_h) as before the softmax, over the queries that see the distance: (a + n), in the order of <see cref="Mean"/>; NaN where none does.</summary>
    /// <inheritdoc cref="Alone" path="/param"/>
    public double[] Score(AttentionTerm term, int layer, int head) => [.. SumsOf(layer, head).Scores[IndexOf(term)].Select((sum, distance) => sum / _seen[distance])];

    /// <summary>All heads by the positions that hold 80 % of their attention, then by the mean distance, widest first.</summary>
    public IReadOnlyList<HeadWidth> Widths() =>
    [
        .. Enumerable.Range(0, _sums.Length).Select(i => WidthOf(i / Heads, i % Heads))
            .OrderByDescending(width => width.Reach).ThenByDescending(width => width.MeanDistance),
    ];

    private HeadWidth WidthOf(int layer, int head)
    {
        double[] mean = Mean(layer, head);
        double total = mean.Sum(), covered = 0, moment = 0;
        int reach = 0;
        for (int distance = 0; distance < Math.Max(Positions, After + 1); distance++)
        {
            foreach (int place in distance == 0 ? (int[])[After] : [After + distance, After - distance])
            {
                if (place >= 0 && place < mean.Length)
                {
                    reach += covered < ReachShare ? 1 : 0;
                    covered += mean[place];
                    moment += distance * mean[place];
                }
            }
        }

        return new HeadWidth(layer, head, reach, moment / total);
    }

    private HeadSums SumsOf(int layer, int head)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)layer, (uint)Layers, nameof(layer));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)head, (uint)Heads, nameof(head));
        return _sums[(layer * Heads) + head];
    }

    private int IndexOf(AttentionTerm term) =>
        Terms.Contains(term) ? (int)term : throw new ArgumentOutOfRangeException(nameof(term), term, $"the scores of this model have no term {term}");
}
