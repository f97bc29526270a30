using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Attention that is not causal over whole streams. The oracle has its own words for what a query sees.</summary>
public static class VisibilityCases
{
    /// <summary>What enters the scores beside q . k.</summary>
    public enum Terms
    {
        /// <summary>Relative rows, u and v.</summary>
        Relative,

        /// <summary>Nothing.</summary>
        Plain,

        /// <summary>Relative rows, u, and a bias for each distance.</summary>
        Learned,

        /// <summary>Relative rows, u and v, and what keys of other texts add.</summary>
        Segmented,
    }

    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Bidirectional(1, 0, 1, 1, 1),
        Bidirectional(5, 0, 2, 2, 5),
        Bidirectional(7, 3, 3, 2, 5),
        Bidirectional(33, 0, 1, 1, 41),
        Bidirectional(97, 40, 1, 1, 5),
        Bidirectional(130, 0, 2, 1, 16),
        Bidirectional(50, 480, 1, 2, 17),
        Bidirectional(13, 20, 1, 1, 64, dropout: 0.3f),
        Bidirectional(97, 0, 5, 2, 5, Terms.Plain),
        Bidirectional(49, 9, 2, 2, 17, Terms.Learned, dropout: 0.1f),
        Bidirectional(9, 0, 3, 2, 5, lengths: [9, 4, 0]),
        Bidirectional(60, 7, 5, 1, 5, lengths: [33, 60, 1, 33, 59]),
        Bidirectional(20, 0, 2, 2, 5, Terms.Plain, dropout: 0.2f, lengths: [20, 11]),
        Bidirectional(40, 5, 3, 2, 5, Terms.Learned, lengths: [3, 40, 17]),
        Bidirectional(1, 0, 1, 1, 1, Terms.Segmented),
        Bidirectional(7, 3, 3, 2, 5, Terms.Segmented),
        Bidirectional(97, 40, 2, 2, 5, Terms.Segmented, dropout: 0.2f),
        Bidirectional(50, 480, 1, 2, 17, Terms.Segmented),
        Bidirectional(60, 7, 5, 1, 5, Terms.Segmented, lengths: [33, 60, 0, 33, 59]),
        Window(100, 30, 2, 1, 5, 5, 5, Terms.Segmented, globals: [2, 129, 80]),
        Window(9, 4, 2, 2, 5, int.MaxValue, 0, lengths: [2, 9]),
        Window(97, 40, 3, 1, 5, 20, 0, lengths: [97, 50, 13], dropout: 0.1f),
        Window(31, 520, 2, 1, 5, 100, 0, Terms.Plain, lengths: [31, 30]),
        Window(17, 3, 2, 2, 5, 0, 0),
        Window(40, 0, 1, 2, 17, 3, 5),
        Window(200, 60, 1, 1, 5, 30, 30),
        Window(150, 450, 1, 1, 1, 33, 11),
        Window(130, 0, 1, 1, 5, 8, 8, globals: [0]),
        Window(150, 0, 1, 2, 5, 10, 3, globals: [149, 0, 1, 2, 60, 62]),
        Window(100, 30, 2, 1, 5, 5, 5, globals: [2, 129, 80], dropout: 0.2f),
        Window(60, 20, 1, 1, 17, 20, 20, Terms.Learned, globals: [33]),
        Window(300, 0, 1, 1, 5, 12, 12, Terms.Plain, globals: [0, 1, 150]),
        Window(60, 0, 4, 2, 5, 7, 4, globals: [0, 41], lengths: [60, 42, 41, 20]),
        Window(5, 5, 1, 1, 5, 1, 1, globals: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        Blocks(40, 0, 1, 2, 5, 16, [new(0, 32), new(0, 40), new(16, 40)]),
        Blocks(150, 20, 1, 1, 5, 7, [.. Enumerable.Range(0, 22).Select(n => new KeyRange(n * 5, Math.Min(170, (n * 5) + 30)))], globals: [3, 160]),
        Blocks(96, 0, 2, 1, 5, 24, [new(70, 96), new(0, 9), new(5, 5), new(0, 96)], dropout: 0.1f),
        Blocks(64, 0, 1, 1, 17, 32, [new(0, 4), new(60, 64)], Terms.Plain),
        Blocks(50, 10, 3, 2, 5, 10, [new(0, 20), new(10, 30), new(20, 40), new(30, 50), new(40, 60)], globals: [0], lengths: [50, 13, 29]),
        Blocks(30, 0, 1, 2, 5, 15, [new(20, 30), new(20, 20)], Terms.Learned, globals: [2]),
        Cross(1, 1, 1, 1, 1),
        Cross(5, 3, 2, 2, 5),
        Cross(3, 0, 1, 1, 5),
        Cross(33, 600, 1, 2, 17),
        Cross(97, 41, 3, 1, 5, dropout: 0.2f),
        Cross(20, 30, 4, 2, 5, lengths: [20, 3, 0, 7], keyLengths: [30, 0, 11, 29]),
        Ranked(1, 0, 1, 1, 5, ownRank: false),
        Ranked(1, 3, 2, 1, 5, ownRank: false),
        Ranked(9, 0, 2, 2, 5, ownRank: true),
        Ranked(9, 0, 2, 2, 5, ownRank: false),
        Ranked(33, 20, 3, 2, 17, ownRank: false, dropout: 0.2f),
        Ranked(97, 40, 1, 1, 5, ownRank: true, dropout: 0.1f),
        Ranked(50, 480, 1, 2, 17, ownRank: false),
        Ranked(40, 5, 3, 2, 5, ownRank: false, Terms.Plain, lengths: [3, 40, 17]),
        Ranked(40, 5, 3, 2, 5, ownRank: true, Terms.Learned, lengths: [0, 40, 17]),
        Ranked(40, 5, 3, 2, 5, ownRank: false, Terms.Segmented, lengths: [0, 40, 17]),
        RankedWindow(60, 20, 2, 1, 5),
    ];

    /// <summary>Queries see keys of the segment that come before them in a random order; of every three places two have the same first rank.</summary>
    public static OpCase Ranked(int l, int m, int b, int h, int d, bool ownRank, Terms terms = Terms.Relative, float dropout = 0, int[]? lengths = null)
    {
        int[] ranks = Ranks(l, b);
        Func<int, int, int, bool> sees = (stream, i, j) => j < m || Sees(ranks, b, stream, i, j - m, ownRank);
        return Case(
            $"ranks {(ownRank ? "up to own" : "below own")}", l, m + l, b, h, d, terms, dropout, WithLengths(Visibility.Bidirectional.WithRanks(ranks, b, ownRank), lengths), Existing(sees, l, m + l, lengths));
    }

    /// <summary>Ranks in windows with global positions.</summary>
    private static OpCase RankedWindow(int l, int m, int b, int h, int d)
    {
        int[] ranks = Ranks(l, b);
        Func<int, int, int, bool> window = WithGlobals(AttentionOracle.Band(l, m + l, 7, 4), l, m + l, [3, 50]);
        return Case(
            "ranks in windows", l, m + l, b, h, d, Terms.Relative, 0, Visibility.Window(7, 4, 3, 50).WithRanks(ranks, b, seesOwnRank: false),
            (stream, i, j) => window(stream, i, j) && (j < m || Sees(ranks, b, stream, i, j - m, ownRank: false)));
    }

    private static int[] Ranks(int l, int b) => [.. Enumerable.Range(0, l * b).Select(n => n % 3 == 0 ? 1 + (n * 7919 % 1009) : 0)];

    private static bool Sees(int[] ranks, int b, int stream, int i, int j, bool ownRank) =>
        ranks[(j * b) + stream] < ranks[(i * b) + stream] || (ownRank && ranks[(j * b) + stream] == ranks[(i * b) + stream]);

    /// <summary>Every query sees every key.</summary>
    public static OpCase Bidirectional(
        int l, int m, int b, int h, int d, Terms terms = Terms.Relative, float dropout = 0, int[]? lengths = null) => Case(
        "bidirectional", l, m + l, b, h, d, terms, dropout, WithLengths(Visibility.Bidirectional, lengths), Existing((_, _, _) => true, l, m + l, lengths));

    /// <summary>Every query sees a window, and global positions.</summary>
    public static OpCase Window(
        int l, int m, int b, int h, int d, int before, int after, Terms terms = Terms.Relative, int[]? globals = null, float dropout = 0, int[]? lengths = null)
    {
        Func<int, int, int, bool> band = AttentionOracle.Band(l, m + l, before, after);
        Visibility visibility = WithLengths(after == 0 && globals is null ? Visibility.Causal(before) : Visibility.Window(before, after, globals ?? []), lengths);
        string name = $"window {before} {after} globals {string.Join(' ', globals ?? [])}";
        return Case(name, l, m + l, b, h, d, terms, dropout, visibility, Existing(WithGlobals(band, l, m + l, globals), l, m + l, lengths));
    }

    /// <summary>Blocks of queries see ranges, and global positions.</summary>
    public static OpCase Blocks(
        int l, int m, int b, int h, int d, int size, KeyRange[] ranges, Terms terms = Terms.Relative, int[]? globals = null, float dropout = 0, int[]? lengths = null)
    {
        Func<int, int, int, bool> own = (_, i, j) => j >= ranges[i / size].First && j < ranges[i / size].End;
        Visibility visibility = WithLengths(Visibility.Blocks(size, ranges, globals ?? []), lengths);
        string from = ranges.Length > 8 ? $"{ranges[0].First} to {ranges[^1].First}" : string.Join(' ', ranges.Select(range => range.First));
        string name = $"blocks of {size} from {from} globals {string.Join(' ', globals ?? [])}";
        return Case(name, l, m + l, b, h, d, terms, dropout, visibility, Existing(WithGlobals(own, l, m + l, globals), l, m + l, lengths));
    }

    /// <summary>Every query sees every key of another source.</summary>
    public static OpCase Cross(int l, int k, int b, int h, int d, float dropout = 0, int[]? lengths = null, int[]? keyLengths = null)
    {
        Visibility visibility = lengths is null ? Visibility.Cross : Visibility.Cross.WithLengths(lengths, keyLengths);
        Func<int, int, int, bool> sees = (stream, i, j) => lengths is null || (i < lengths[stream] && j < keyLengths![stream]);
        return Case($"cross key lengths {string.Join(' ', keyLengths ?? [])}", l, k, b, h, d, Terms.Plain, dropout, visibility, sees);
    }

    /// <summary>Adds that global positions are seen by all and see all.</summary>
    public static Func<int, int, int, bool> WithGlobals(Func<int, int, int, bool> sees, int l, int k, int[]? globals) => globals is null
        ? sees
        : (b, i, j) => sees(b, i, j) || globals.Contains(j) || globals.Contains(k - l + i);

    private static Visibility WithLengths(Visibility visibility, int[]? lengths) => lengths is null ? visibility : visibility.WithLengths(lengths);

    private static Func<int, int, int, bool> Existing(Func<int, int, int, bool> sees, int l, int k, int[]? lengths) => lengths is null
        ? sees
        : (b, i, j) => i < lengths[b] && j < k - l + lengths[b] && sees(b, i, j);

    private static OpCase Case(
        string what, int l, int k, int b, int h, int d, Terms terms, float dropout, Visibility visibility, Func<int, int, int, bool> sees)
    {
        string lengths = visibility.HasLengths ? $" lengths {string.Join(' ', visibility.Lengths().Queries.ToArray())}" : "";
        string name = $"{what}{lengths} {terms} attention L={l} K={k} B={b} H={h} d={d} dropout={dropout}";
        RandomValues random = new(name);
        AttentionOracle oracle = new(l, k, b, h, d, sees, new DropoutOracle(dropout, OpCase.Seed, OpCase.Step, 1)) { TextOf = (stream, key) => TextOf(key, stream, k) };
        int rows = visibility.RelativeRows(l, k);
        IEnumerable<OpInput> inputs =
        [
            OpInput.Random(random, "queries", new Shape(l, b, h * d)) with { SingleReader = true },
            OpInput.Random(random, "keys and values", new Shape(k, b, 2 * h * d)) with { SingleReader = true },
            OpInput.Random(random, "relative", new Shape(rows, h * d)) with { SingleReader = true },
            OpInput.Random(random, "content bias", new Shape(h, d), 0.5),
            terms == Terms.Learned
                ? OpInput.Random(random, "distance bias", new Shape(rows, h)) with { SingleReader = true }
                : OpInput.Random(random, "position bias", new Shape(h, d), 0.5),
        ];
        long pairs = (long)h * Enumerable.Range(0, b).Sum(s => Enumerable.Range(0, l).Sum(i => Enumerable.Range(0, k).LongCount(j => sees(s, i, j))));
        if (terms == Terms.Segmented)
        {
            inputs = [.. inputs, OpInput.Random(random, "segment scores", new Shape(l, b, h)) with { SingleReader = true }];
        }

        KeySegments segments = new([.. Enumerable.Range(0, k * b).Select(n => TextOf(n / b, n % b, k))], b);
        return new OpCase
        {
            Name = name,
            Operation = typeof(AttentionOperation),
            Inputs = [.. inputs.Take(terms == Terms.Plain ? 2 : 6)],
            Build = (tape, x) => [Build(tape, x, h, terms, segments, visibility, dropout)],
            Oracle = x => terms switch
            {
                Terms.Plain => [oracle.Forward(x[0], x[1], null, null, null)],
                Terms.Learned => [oracle.Forward(x[0], x[1], x[2], x[3], null, x[4])],
                Terms.Segmented => [oracle.Forward(x[0], x[1], x[2], x[3], x[4], g: x[5])],
                _ => [oracle.Forward(x[0], x[1], x[2], x[3], x[4])],
            },
            Reduction = k + d,
            GradientReduction = k + (b * l) + d,
            GradientMagnitude = 1,
            Flops = Math.Max(1, pairs) * d * (terms == Terms.Plain ? 4.0 : 6.0),
        };
    }

    /// <summary>Three texts of about the same length, the first of which the last key belongs to as well.</summary>
    private static int TextOf(int key, int stream, int keys) => key == keys - 1 ? 0 : (3 * key / keys) + (stream % 2);

    private static Variable Build(Tape tape, IReadOnlyList<Variable> x, int heads, Terms terms, KeySegments segments, in Visibility visibility, float dropout) => terms switch
    {
        Terms.Plain => tape.Attention(x[0], x[1], heads, visibility, dropout),
        Terms.Learned => tape.LearnedRelativeAttention(x[0], x[1], x[2], x[3], x[4], visibility, dropout),
        Terms.Segmented => tape.RelativeAttention(x[0], x[1], x[2], x[3], x[4], x[5], segments, visibility, dropout),
        _ => tape.RelativeAttention(x[0], x[1], x[2], x[3], x[4], visibility, dropout),
    };
}
